import type { Run } from '../../api/answers.ts';

/** Runs to compare one with: each once, without that one itself; those of the same task first, else in the order given. */
export function sameTaskFirst(runs: readonly Run[], task: string | null, except: string | undefined): Run[] {
  const each = [...new Map(runs.map((run) => [run.id, run])).values()].filter(({ id }) => id !== except);
  return [...each.filter((run) => run.task === task), ...each.filter((run) => run.task !== task)];
}
