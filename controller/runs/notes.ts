import type { Action, ActionOutcome } from '../../sandbox-image/wire/index.ts';
import { secretsNamedIn } from '../secret-book.ts';

/** Told to the model for every call after one that failed. */
export const notExecuted = 'Not executed: an earlier computer action in this turn failed.';

/** What the model should know about an action besides the picture: failures, doubts, and that nothing happened. */
export function notesOn(action: Action, outcome: ActionOutcome): readonly string[] {
  const name = nameOf(action);
  switch (outcome.status) {
    case 'performed':
      return [...outcome.warnings, ...observations(action, outcome)];
    case 'refused':
      return [`${name} was not performed: ${outcome.error?.message ?? 'the desktop refused it'}.`, ...outcome.warnings];
    case 'failed':
      return [`${name} was begun and not completed: ${outcome.error?.message ?? 'the desktop failed'}.`, ...typedSoFar(outcome), ...outcome.warnings];
    case 'unknown':
      return [`Whether ${name} was performed is not known: the desktop's input server restarted meanwhile. It is not repeated; look at the screen.`, ...outcome.warnings];
  }
}

/** Told of a text that a person wrote in place of the model's, unless nothing of it was typed. */
export function editedNote(action: Action, { status }: Pick<ActionOutcome, 'status'>, by: string | undefined): readonly string[] {
  if (by === undefined || action.type !== 'type' || status === 'refused') return [];
  return [`A person (${by}) edited your text before it was typed. This was typed instead: ${JSON.stringify(action.text)}`];
}

function observations(action: Action, outcome: ActionOutcome): readonly string[] {
  if (action.type === 'cursor') return [`The pointer is at ${outcome.pointer.x},${outcome.pointer.y}.`];
  const notes: string[] = [];
  const secrets = action.type === 'type' ? secretsNamedIn(action.text) : [];
  if (secrets.length > 0) notes.push(`The value of ${secrets.join(', ')} was typed in its place. If this or a later picture shows it, do not repeat it.`);
  if (changesScreen.has(action.type) && outcome.effect.kind === 'nothing') notes.push(`${nameOf(action)} was performed; nothing visible changed.`);
  if (!outcome.settled) notes.push(`The screen was still changing ${Math.round(outcome.waitedMs)} ms after ${nameOf(action)}.`);
  return notes;
}

const changesScreen: ReadonlySet<Action['type']> = new Set(['click', 'drag', 'scroll', 'type', 'key']);

function typedSoFar(outcome: ActionOutcome): readonly string[] {
  return outcome.typedCharacters === undefined ? [] : [`${outcome.typedCharacters} characters were typed.`];
}

/** Without coordinates: these are pixels of the screen, and the model knows pixels of its picture. */
function nameOf(action: Action): string {
  return action.type === 'key' ? `key ${action.keys.join('+')}` : action.type;
}
