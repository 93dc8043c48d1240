import { ApiFailure } from '../../api/api-failure.ts';
import type { Run } from '../../api/answers.ts';
import { call } from '../../api/client.ts';
import type { Session } from '../../state/session-status.ts';

export type Deed = 'pause' | 'stop';

/** What became of something that was done to several runs. */
export type Together = { readonly done: number; readonly failures: readonly { readonly run: Run; readonly message: string }[] };

const atOnce = 4;

/** The runs among these to which it can be done: what is over cannot be stopped, what stands still cannot be paused. */
export function reachedBy(deed: Deed, sessions: readonly Session[]): Run[] {
  const runs = sessions.flatMap(({ run }) => (run === null || run.endedAt !== null || run.state === 'finishing' ? [] : [run]));
  return deed === 'stop' ? runs : runs.filter(({ control }) => control === 'agent');
}

/** Does it to each, a few at a time; what fails for one is told and hinders no other. */
export async function doTogether(deed: Deed, runs: readonly Run[], reason: string): Promise<Together> {
  const left = [...runs];
  const failures: { readonly run: Run; readonly message: string }[] = [];
  let done = 0;
  const work = async () => {
    for (let run = left.shift(); run !== undefined; run = left.shift()) {
      try {
        const { id } = run;
        if (deed === 'pause') await call('POST /api/runs/{id}/pause', { params: { id } });
        else await call('POST /api/runs/{id}/cancel', { params: { id }, ...(reason.trim() === '' ? {} : { body: { reason: reason.trim() } }) });
        done += 1;
      } catch (error) {
        failures.push({ run, message: ApiFailure.from(error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { done, failures };
}
