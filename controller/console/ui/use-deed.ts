import { useState } from 'preact/hooks';
import { ApiFailure } from '../api/api-failure.ts';
import { refreshAll } from '../state/live.ts';
import { tell } from '../state/toasts.ts';

/** Something that a person does about a run: told when it is done or failed, and what is shown is fetched anew. `onEnd` is called either way. */
export function useDeed(onEnd: () => void): { readonly isBusy: boolean; readonly act: (done: string, work: () => Promise<unknown>) => Promise<void> } {
  const [isBusy, setBusy] = useState(false);
  const act = async (done: string, work: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await work();
      tell('done', done);
    } catch (reason) {
      tell('failed', ApiFailure.from(reason).message);
    } finally {
      setBusy(false);
      onEnd();
      refreshAll();
    }
  };
  return { isBusy, act };
}
