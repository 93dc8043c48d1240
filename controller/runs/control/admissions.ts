import { VitrineError } from '../../errors.ts';
import type { RunDriver } from '../driving/run-driver.ts';

/** Uses of desktops besides input that are under way, such as a file that is being written. */
export type Admissions = {
  /** The signal, and one that aborts with `conflict` when control of the desktop passes to a person or back. */
  admit(desktopId: string, signal: AbortSignal): AbortSignal;
};

/** Ends what was admitted before control passed. An admission is forgotten when its signal aborts. */
export function createAdmissions(driver: RunDriver): Admissions {
  const admitted = new Map<AbortController, string>();
  driver.onCommit(({ commit, view }) => {
    if (commit.controlEpoch === undefined || !commit.facts.some(({ type }) => type === 'control.changed')) return;
    const reason = new VitrineError('conflict', `control of desktop ${view.desktopId ?? ''} passed${view.lease === null ? '' : ` to ${view.lease.holder}`} meanwhile: this was stopped`);
    for (const [controller, desktopId] of admitted) if (desktopId === view.desktopId) controller.abort(reason);
  });
  return {
    admit(desktopId, signal) {
      const controller = new AbortController();
      admitted.set(controller, desktopId);
      const forget = () => void admitted.delete(controller);
      if (signal.aborted) forget();
      else signal.addEventListener('abort', forget, { once: true });
      return AbortSignal.any([signal, controller.signal]);
    },
  };
}
