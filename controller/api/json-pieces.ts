import { setImmediate as nextTurn } from 'node:timers/promises';

/** Entries of one piece: written in a few milliseconds. */
const perPiece = 200;

/**
 * An object as JSON, in pieces: its long lists and tables some entries at a time, others being answered in between. `write` makes the
 * text of a value, JSON.stringify or one that escapes more. What is undefined is left out, as JSON does.
 */
export async function* jsonPieces(value: object, write: (value: unknown) => string = JSON.stringify): AsyncGenerator<string> {
  let before = '{';
  for (const [name, part] of Object.entries(value) as [string, unknown][]) {
    if (part === undefined) continue;
    yield `${before}${write(name)}:`;
    before = ',';
    if (Array.isArray(part)) yield* inPieces(part, '[', ']', write);
    else if (isTable(part)) yield* inPieces(Object.entries(part).filter(([, entry]) => entry !== undefined), '{', '}', (entries) => write(Object.fromEntries(entries as [string, unknown][])));
    else yield write(part);
  }
  yield before === '{' ? '{}' : '}';
}

async function* inPieces(entries: readonly unknown[], open: string, close: string, write: (entries: unknown) => string): AsyncGenerator<string> {
  for (let from = 0; from < entries.length; from += perPiece) {
    const text = write(entries.slice(from, from + perPiece)).slice(1, -1);
    yield `${from === 0 ? open : ','}${text}`;
    await nextTurn();
  }
  yield entries.length === 0 ? `${open}${close}` : close;
}

function isTable(part: unknown): part is Readonly<Record<string, unknown>> {
  return typeof part === 'object' && part !== null && Object.keys(part).length > perPiece;
}
