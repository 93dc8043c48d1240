import type { ViewMode } from '../../../sandbox-image/wire/index.ts';
import { VitrineError } from '../../errors.ts';

/** Live views of one mode that may be open at a time: watchers take no seat from whoever is in control. */
export const maxPerDesktop = 20;
export const maxPerProject = 100;

/** Who sits where. */
export type ViewSeats = {
  /** Takes a seat until it is disposed of. Throws `too_many_requests`. */
  take(desktopId: string, project: string, mode: ViewMode): Disposable;
};

/** Seats in front of desktops. */
export function createViewSeats(): ViewSeats {
  const taken = new Set<{ readonly desktopId: string; readonly project: string; readonly mode: ViewMode }>();
  return {
    take(desktopId, project, mode) {
      const seats = [...taken].filter((seat) => seat.mode === mode);
      if (seats.filter((seat) => seat.desktopId === desktopId).length >= maxPerDesktop) throw new VitrineError('too_many_requests', `${maxPerDesktop} live views of one desktop are the limit: close one`);
      if (seats.filter((seat) => seat.project === project).length >= maxPerProject) throw new VitrineError('too_many_requests', `${maxPerProject} live views of one project are the limit: close one`);
      const seat = { desktopId, project, mode };
      taken.add(seat);
      return { [Symbol.dispose]: () => void taken.delete(seat) };
    },
  };
}
