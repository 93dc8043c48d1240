/** A piece of a text that was changed: there before and after, only before, or only after. */
export type Piece = { readonly kind: 'same' | 'removed' | 'added'; readonly text: string };

/** More pairs of words than these are not compared one by one: the whole middle counts as changed. */
const maxPairs = 400_000;

/** What an edit changed, word by word, in reading order; what is removed stands before what is put in its place. */
export function diffTexts(before: string, after: string): readonly Piece[] {
  const old = wordsOf(before);
  const now = wordsOf(after);
  const head = countWhile(Math.min(old.length, now.length), (index) => old[index] === now[index]);
  const tail = countWhile(Math.min(old.length, now.length) - head, (index) => old[old.length - 1 - index] === now[now.length - 1 - index]);
  const middle = between(old.slice(head, old.length - tail), now.slice(head, now.length - tail));
  return joined([...old.slice(0, head).map(same), ...middle, ...old.slice(old.length - tail).map(same)]);
}

/** Words, and what stands between them, each on its own. */
function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}_]+|\s|[^\p{L}\p{N}_\s]/gu) ?? [];
}

function between(old: readonly string[], now: readonly string[]): readonly Piece[] {
  const removed = (text: string): Piece => ({ kind: 'removed', text });
  const added = (text: string): Piece => ({ kind: 'added', text });
  if (old.length * now.length > maxPairs) return [...old.map(removed), ...now.map(added)];
  const common = commonLengths(old, now);
  const pieces: Piece[] = [];
  let [row, column] = [0, 0];
  while (row < old.length && column < now.length) {
    const [here, there] = [old[row] ?? '', now[column] ?? ''];
    if (here === there) {
      pieces.push(same(here));
      row += 1;
      column += 1;
    } else if ((common[row + 1]?.[column] ?? 0) >= (common[row]?.[column + 1] ?? 0)) {
      pieces.push(removed(here));
      row += 1;
    } else {
      pieces.push(added(there));
      column += 1;
    }
  }
  return [...pieces, ...old.slice(row).map(removed), ...now.slice(column).map(added)];
}

/** For each pair of places, how many words the rests of both have in common, in order. */
function commonLengths(old: readonly string[], now: readonly string[]): readonly Uint16Array[] {
  const table = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let row = old.length - 1; row >= 0; row -= 1) {
    const [line, below] = [table[row], table[row + 1]];
    if (line === undefined || below === undefined) continue;
    for (let column = now.length - 1; column >= 0; column -= 1) {
      line[column] = old[row] === now[column] ? (below[column + 1] ?? 0) + 1 : Math.max(below[column] ?? 0, line[column + 1] ?? 0);
    }
  }
  return table;
}

/** Neighbours of one kind as one piece; among changes without anything the same between them, the removed come first. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const all: Piece[] = [];
  let [removed, added] = ['', ''];
  const put = (kind: Piece['kind'], text: string) => {
    const last = all.at(-1);
    if (text === '') return;
    if (last?.kind === kind) all[all.length - 1] = { kind, text: last.text + text };
    else all.push({ kind, text });
  };
  const flush = () => {
    put('removed', removed);
    put('added', added);
    [removed, added] = ['', ''];
  };
  for (const { kind, text } of pieces) {
    if (kind === 'removed') removed += text;
    else if (kind === 'added') added += text;
    else {
      flush();
      put('same', text);
    }
  }
  flush();
  return all;
}

function countWhile(max: number, holds: (index: number) => boolean): number {
  let count = 0;
  while (count < max && holds(count)) count += 1;
  return count;
}

function same(text: string): Piece {
  return { kind: 'same', text };
}
