import { VitrineError } from '../errors.ts';
import type { Desktop, DesktopView, Desktops } from '../desktops/desktop.ts';
import type { Principal } from '../runs/runs.ts';

/** A desktop of the caller's project, running or not. Throws `not_found` for any other id. */
export function foundView(desktops: Desktops, id: string, by: Principal): DesktopView {
  const view = desktops.list().find((each) => each.id === id && each.project === by.project);
  if (view === undefined) throw new VitrineError('not_found', 'there is no desktop with this id; GET /api/desktops lists those there are');
  return view;
}

/** A running desktop of the caller's project. Throws `not_found`, or `conflict` while it is launching, or `gone` when it has ended. */
export function foundDesktop(desktops: Desktops, id: string, by: Principal): Desktop {
  const view = foundView(desktops, id, by);
  const desktop = desktops.get(id);
  if (desktop !== undefined) return desktop;
  if (view.state === 'launching') throw new VitrineError('conflict', 'this desktop is still launching');
  throw new VitrineError('gone', `this desktop is ${view.state}${view.reason === null ? '' : `: ${view.reason}`}`);
}
