import type { RunEvent, RunFact } from '../../../controller/runs/run-event.ts';
import type { Action } from '../../../sandbox-image/wire/index.ts';

type Fact<Type extends RunFact['type']> = Extract<RunFact, { type: Type }>;

/** An action as the journal has it: what an application must have seen of it, and what is said of its outcome. */
export type Intended = { readonly actionId: string; readonly sees: readonly string[]; readonly status: Fact<'action.ended'>['outcome']['status'] | undefined };

/** What the comparison of journal and witness came to. `lost`: performed by the journal, not seen. `twice`: seen more often than decided. */
export type Comparison = { readonly actions: number; readonly lost: readonly string[]; readonly twice: readonly string[]; readonly unknown: readonly string[] };

/** A place for the n-th click of a desktop, so far from all others that no two can be taken for one another. */
export function placeOf(n: number): { readonly x: number; readonly y: number } {
  return { x: 20 + (n % 110) * 11, y: 20 + Math.floor(n / 110) * 11 };
}

/** Three letters that no other n below 17,576 has. */
export function lettersOf(n: number): string {
  return [n % 26, Math.floor(n / 26) % 26, Math.floor(n / 676) % 26].map((letter) => String.fromCharCode(97 + letter)).join('');
}

/** What an application sees of an action: presses of buttons and keys. */
export function seenOf(action: Action): string[] {
  switch (action.type) {
    case 'click':
      return Array.from({ length: action.count }, () => `press ${action.x},${action.y}`);
    case 'type':
      return [...action.text].map((letter) => `key ${letter}`);
    default:
      return [];
  }
}

/** The actions of a journal's events in the order in which they were decided. */
export function intendedActions(events: readonly RunEvent[]): Intended[] {
  const ended = new Map(events.flatMap(({ fact }) => (fact.type === 'action.ended' ? [[fact.actionId, fact.outcome.status] as const] : [])));
  return events.flatMap(({ fact }) => (fact.type === 'action.intended' ? [{ actionId: fact.actionId, sees: seenOf(fact.action), status: ended.get(fact.actionId) }] : []));
}

/**
 * Walks through what was pressed, action by action in the order of the journal. A performed action must be seen whole,
 * one that failed, is unknown or is still in flight may be seen up to anywhere, a refused one not at all; and nothing else.
 */
export function compareWitness(actions: readonly Intended[], pressed: readonly string[]): Comparison {
  const lost: string[] = [];
  const twice: string[] = [];
  let at = 0;
  const seen = new Set<string>();
  for (const { actionId, sees, status } of actions) {
    const mark = at;
    const allowed = status === 'refused' ? 0 : sees.length;
    let matched = 0;
    while (matched < allowed) {
      const word = sees[matched];
      if (pressed[at] === word) {
        at += 1;
        matched += 1;
      } else if (pressed[at] !== undefined && seen.has(pressed[at] ?? '') && pressed.includes(word ?? '', at)) {
        twice.push(`${pressed[at]} before ${actionId}`);
        at += 1;
      } else break;
    }
    for (const word of pressed.slice(mark, at)) seen.add(word);
    if (status === 'performed' && matched < sees.length) lost.push(`${actionId}: ${sees.slice(matched).join(', ')} after ${pressed.slice(Math.max(0, at - 3), at + 3).join(', ')}`);
  }
  twice.push(...pressed.slice(at).map((word) => `${word} after all`));
  return { actions: actions.length, lost, twice, unknown: actions.filter(({ status }) => status === 'unknown').map(({ actionId }) => actionId) };
}
