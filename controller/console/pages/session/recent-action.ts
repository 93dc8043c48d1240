import type { Entry } from './timeline-entry.ts';

/** For how long an action stays drawn on the live picture after its end. */
const shownMs = 3000;

/** The action that is under way, or ended a moment ago: drawn on the live picture, so that one sees what the agent does. */
export function recentAction(entries: readonly Entry[], now: number): Entry | null {
  const last = entries.findLast(({ kind }) => kind === 'action' || kind === 'turn');
  const action = last?.kind === 'turn' && last.tone === 'busy' ? entries.findLast(({ kind }) => kind === 'action') : last;
  if (action?.kind !== 'action') return null;
  return action.tone === 'busy' || now - action.at - (action.timings?.totalMs ?? 0) < shownMs ? action : null;
}
