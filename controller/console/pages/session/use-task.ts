import { useRef, useState } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import { tell } from '../../state/toasts.ts';

export type Task = {
  /** Whether it is under way. */
  readonly busy: boolean;
  /** Runs it unless it is under way; tells what came of it, and resolves with whether it succeeded. */
  run(work: () => Promise<unknown>, done?: string): Promise<boolean>;
};

/** Something that is asked of the server at a press of a button: once at a time, its failure told in words. */
export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const isBusy = useRef(false);
  return {
    busy,
    async run(work, done) {
      if (isBusy.current) return false;
      isBusy.current = true;
      setBusy(true);
      try {
        await work();
        if (done !== undefined) tell('done', done);
        return true;
      } catch (reason) {
        tell('failed', ApiFailure.from(reason).message);
        return false;
      } finally {
        isBusy.current = false;
        setBusy(false);
      }
    },
  };
}
