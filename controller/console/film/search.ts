import type { Scene } from './film.ts';

/** The scenes, by their places, that have every word of a query in title or text, whatever the case; all for an empty one. */
export function found(scenes: readonly Scene[], query: string): number[] {
  const words = folded(query).split(/\s+/).filter((word) => word !== '');
  return scenes.flatMap(({ title, text, kind }, index) => {
    const said = folded(`${kind} ${title} ${text}`);
    return words.every((word) => said.includes(word)) ? [index] : [];
  });
}

/** Text without case and accents. */
function folded(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{Mn}/gu, '').toLowerCase();
}
