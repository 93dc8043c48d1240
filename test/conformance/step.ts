/** One thing that a model says, and what must come of it. */
export type Step = {
  /** A word of the dialect's vocabulary. */
  readonly action: string;
  /** The vendor's object, or the line of its text form. */
  readonly says: unknown;
  /** What an application on the desktop receives, in order (witnessed.ts); empty where nothing is pressed. */
  readonly sees: readonly string[];
};

/** Maps a model's coordinates to "x,y" in screen pixels, in whole numbers as an application sees them. */
export type At = (x: number, y: number) => string;

/** Pixels of a picture, or a grid, of this size over a screen of that size. */
export function atIn(space: { readonly width: number; readonly height: number }, display: { readonly width: number; readonly height: number }): At {
  return (x, y) => `${Math.floor(((x + 0.5) * display.width) / space.width)},${Math.floor(((y + 0.5) * display.height) / space.height)}`;
}

type ClickOptions = { readonly button?: 1 | 2 | 3 | 8 | 9; readonly times?: 1 | 2 | 3; readonly held?: readonly ('ctrl' | 'shift')[] };
const buttonNames: Readonly<Record<number, string>> = { 1: 'left', 2: 'middle', 3: 'right' };
const keyNames = { ctrl: 'Control_L', shift: 'Shift_L' } as const;

/** What an application receives of a click: toolkits count the second and third press of a series. */
export function clicked(at: string, { button = 1, times = 1, held = [] }: ClickOptions = {}): string[] {
  const counted = ['', `double ${button} ${at}`, `triple ${button} ${at}`];
  const presses = Array.from({ length: times }, (_, index) => [
    line('press', button, at, held), ...(index === 0 ? [] : [counted[index] ?? '']), line('release', button, at, held, buttonNames[button]),
  ]).flat();
  return around(held, presses);
}

/** What an application receives of a drag, the moves between its ends aside. */
export function dragged(from: string, to: string, held: ClickOptions['held'] = []): string[] {
  return around(held, [line('press', 1, from, held), line('release', 1, to, held, 'left')]);
}

/** What an application receives of the wheel. */
export function scrolled(at: string, direction: 'up' | 'down' | 'left' | 'right', notches: number, held: ClickOptions['held'] = []): string[] {
  return around(held, Array.from({ length: notches }, () => line('scroll', direction, at, held)));
}

/** What an application receives of keys, pressed one after the other; `held` around them. */
export function pressed(keys: readonly string[], held: ClickOptions['held'] = []): string[] {
  return around(held, keys.flatMap((key) => [withHeld(`keydown ${key}`, held), withHeld(`keyup ${key}`, held)]));
}

/** Modifiers are pressed in order and released in reverse. */
function around(held: readonly ('ctrl' | 'shift')[], inside: readonly string[]): string[] {
  const down = held.map((key, index) => withHeld(`keydown ${keyNames[key]}`, held.slice(0, index)));
  const up = held.map((key, index) => withHeld(`keyup ${keyNames[key]}`, held.slice(0, index + 1))).toReversed();
  return [...down, ...inside, ...up];
}

function line(event: string, what: number | string, at: string, held: readonly string[], more?: string): string {
  return withHeld(`${event} ${what} ${at}`, held, more);
}

/** The witness names what is held in the order of X's mask. */
function withHeld(text: string, held: readonly string[], more?: string): string {
  const names = [...['shift', 'ctrl'].filter((name) => held.includes(name)), ...(more === undefined ? [] : [more])];
  return names.length === 0 ? text : `${text} ${names.join('+')}`;
}
