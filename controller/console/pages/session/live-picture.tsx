import { useEffect, useRef } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { openPictureOf } from './open-picture.ts';
import type { Screen } from './open-picture.ts';
import { keepPicture } from './picture-link.ts';
import type { PictureState } from './picture-link.ts';
import css from './picture.module.css';

type LivePictureProps = {
  readonly desktopId: string;
  /** The lease of whoever is in control from this page; without one the picture can only be watched. */
  readonly lease: string | null;
  readonly onState: (state: PictureState) => void;
  readonly onScreen: (screen: Screen | null) => void;
  readonly onClipboard: (text: string) => void;
};

/**
 * A desktop's live picture, as large as the element around it. It comes back by itself when it is lost, and what was seen
 * last stays until then; so it does when control passes and another connection takes over.
 */
export function LivePicture({ desktopId, lease, onState, onScreen, onClipboard }: LivePictureProps) {
  const target = useRef<HTMLDivElement>(null);
  const told = useRef({ onState, onScreen, onClipboard });
  told.current = { onState, onScreen, onClipboard };
  useEffect(() => {
    if (target.current === null) return;
    const mode = lease === null ? 'view' : 'control';
    const body = lease === null ? ({ for: 'view', desktop: desktopId, mode: 'view' } as const) : ({ for: 'view', desktop: desktopId, mode: 'control', lease } as const);
    const link = keepPicture({
      ticket: async (signal) => (await call('POST /api/tickets', { body }, { signal })).ticket,
      open: openPictureOf({ desktopId, mode, target: target.current, onScreen: (screen) => told.current.onScreen(screen), onClipboard: (text) => told.current.onClipboard(text) }),
      onState: (state) => {
        if (state.kind !== 'live') told.current.onScreen(null);
        told.current.onState(state);
      },
    });
    const wake = () => link.wake();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      window.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
      link.close();
      told.current.onScreen(null);
    };
  }, [desktopId, lease]);
  return <div ref={target} class={css.live} data-room={css.room} data-mode={lease === null ? 'view' : 'control'} />;
}
