import type { Film } from './film.ts';

/** A step through a film. Turns are the model's; a turn back from inside a turn goes to that turn's beginning. */
export type Move = 'back' | 'on' | 'turnBack' | 'turnOn' | 'first' | 'last';

/** The beat that a move leads to; the same one where there is nothing further. */
export function moved({ beats, scenes }: Pick<Film, 'beats' | 'scenes'>, position: number, move: Move): number {
  const end = Math.max(0, beats.length - 1);
  const turnAt = (index: number) => scenes[beats[index]?.scene ?? -1]?.turn ?? 0;
  switch (move) {
    case 'back': return Math.max(0, position - 1);
    case 'on': return Math.min(end, position + 1);
    case 'first': return 0;
    case 'last': return end;
    case 'turnOn': {
      const next = beats.findIndex((_, index) => index > position && turnAt(index) > turnAt(position));
      return next === -1 ? end : next;
    }
    case 'turnBack': {
      const start = beats.findIndex((_, index) => turnAt(index) === turnAt(position));
      return start < position ? Math.max(0, start) : Math.max(0, beats.findIndex((_, index) => turnAt(index) === turnAt(position - 1)));
    }
  }
}

/** The speeds of playing, slowest first. */
export const speeds = [0.25, 0.5, 1, 2, 4, 8, 16] as const;

/** The next faster or slower speed; the same at the end of the list. */
export function otherSpeed(speed: number, direction: 1 | -1): number {
  const index = speeds.findIndex((each) => each === speed);
  return speeds[Math.min(speeds.length - 1, Math.max(0, index + direction))] ?? 1;
}

/** What a key asks of the player; undefined for a key that means nothing to it. */
export function commandOf({ key, shiftKey }: { readonly key: string; readonly shiftKey: boolean }): Move | 'toggle' | 'faster' | 'slower' | 'keys' | 'marks' | 'pace' | 'search' | 'link' | undefined {
  switch (key) {
    case ' ': return 'toggle';
    case 'ArrowLeft': return shiftKey ? 'turnBack' : 'back';
    case 'ArrowRight': return shiftKey ? 'turnOn' : 'on';
    case 'Home': return 'first';
    case 'End': return 'last';
    case '+': return 'faster';
    case '-': return 'slower';
    case '?': return 'keys';
    case 'm': return 'marks';
    case 'w': return 'pace';
    case '/': return 'search';
    case 'l': return 'link';
    default: return undefined;
  }
}
