import { duration, wordsOfFact } from '../api/plain-words.ts';
import type { RunEvent } from './follow.ts';

/** Turns events into lines for people, one for each event that matters: time, state, what happened, milliseconds. Keeps the state in between. */
export function createProgress(): (event: RunEvent) => string[] {
  let began: number | undefined;
  let state = 'queued';
  return ({ at, fact, runId }) => {
    began ??= at;
    if (fact.type === 'state.changed') {
      state = fact.to;
      if (!['preparing', 'awaitingOperator'].includes(state)) return [];
    }
    const words = wordsOfFact(fact);
    if (words === undefined) return [];
    const clock = `${((at - began) / 1000).toFixed(1)} s`.padStart(8);
    const tookMs = millisecondsOf(fact);
    const line = `${clock}  ${state.padEnd(17)}  ${plain(words)}${tookMs === undefined ? '' : `  [${duration(tookMs)}]`}`;
    if (fact.type !== 'approval.opened') return [line];
    if (fact.approval.kind === 'question') return [line, `${' '.repeat(29)}answer with: vitrine answer ${fact.approval.id} "…"   (run ${runId})`];
    return [line, `${' '.repeat(29)}decide with: vitrine approve ${fact.approval.id}   or: vitrine deny ${fact.approval.id}   (run ${runId})`];
  };
}

/** How long an action took as the controller saw it. */
function millisecondsOf(fact: RunEvent['fact']): number | undefined {
  if (fact.type !== 'action.ended') return undefined;
  const totalMs = Object.values(fact.timings).reduce((sum, ms) => sum + ms, 0);
  return totalMs > 0 ? totalMs : undefined;
}

/**
 * Text from a desktop or a model, safe for a terminal: control, formatting and direction characters are written as
 * escapes, line feeds kept only if asked.
 */
export function plain(text: string, keepLines = false): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (character) => {
    if (keepLines && (character === '\n' || character === '\t')) return character;
    return character === '\n' ? ' ' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
