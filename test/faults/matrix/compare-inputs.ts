import type { RunEvent } from '../../../controller/runs/run-event.ts';
import type { Witnessed } from '../../support/witnessed.ts';

/** An action as the journal tells it: intended, and what became of it if that is known. */
export type JournalledAction = {
  readonly actionId: string;
  readonly type: string;
  readonly x: number | undefined;
  readonly y: number | undefined;
  readonly text: string;
  readonly status: 'performed' | 'refused' | 'failed' | 'unknown' | 'open';
  readonly typed: number | undefined;
};

/** The actions of these events in the order in which they were intended. */
export function actionsOf(events: readonly RunEvent[]): JournalledAction[] {
  const outcomes = new Map(events.flatMap(({ fact }) => (fact.type === 'action.ended' ? [[fact.actionId, fact.outcome] as const] : [])));
  return events.flatMap(({ fact }) => {
    if (fact.type !== 'action.intended') return [];
    const { action, actionId } = fact;
    const outcome = outcomes.get(actionId);
    return [{
      actionId,
      type: action.type,
      x: 'x' in action ? action.x : undefined,
      y: 'y' in action ? action.y : undefined,
      text: action.type === 'type' ? action.text : '',
      status: outcome?.status ?? 'open',
      typed: outcome?.typedCharacters,
    }];
  });
}

/**
 * Compares what the journal says with what the witness saw, one to one and in order: `performed` was seen once and whole,
 * `refused` not at all, `failed` as far as it says, `unknown` (or without an outcome yet) at most once. Returns what is wrong.
 */
export function differences(actions: readonly JournalledAction[], witnessed: readonly Witnessed[]): string[] {
  const seen = witnessed.flatMap(inputOf);
  const wrong: string[] = [];
  let at = 0;
  for (const action of actions) {
    const wanted = inputsOf(action);
    let matched = 0;
    while (matched < wanted.length && seen[at + matched] === wanted[matched]) matched += 1;
    at += matched;
    const least = leastOf(action, wanted.length);
    const most = mostOf(action, wanted.length);
    if (matched < least) wrong.push(`${words(action)}: the witness saw ${matched} of at least ${least} inputs, and then ${seen[at] ?? 'nothing'}`);
    if (matched > most) wrong.push(`${words(action)}: the witness saw ${matched} inputs of at most ${most}`);
  }
  if (at < seen.length) wrong.push(`the witness saw what nobody intended, or twice, or out of order: ${seen.slice(at, at + 5).join(', ')} (${seen.length - at} inputs)`);
  return wrong;
}

function inputOf({ event, button, x, y, key }: Witnessed): string[] {
  if (event === 'press' && button === 1) return [`press ${x},${y}`];
  return event === 'keydown' && key !== undefined && key.length === 1 ? [`key ${key}`] : [];
}

function inputsOf({ type, x, y, text }: JournalledAction): string[] {
  if (type === 'click') return [`press ${x},${y}`];
  return type === 'type' ? [...text].map((letter) => `key ${letter}`) : [];
}

function leastOf({ status, typed }: JournalledAction, whole: number): number {
  if (status === 'performed') return whole;
  return status === 'failed' ? (typed ?? 0) : 0;
}

function mostOf({ status, typed }: JournalledAction, whole: number): number {
  if (status === 'refused') return 0;
  return status === 'failed' ? (typed ?? whole) : whole;
}

function words({ actionId, type, status }: JournalledAction): string {
  return `${type} ${actionId} (${status})`;
}
