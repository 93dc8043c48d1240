import { setTimeout as pause } from 'node:timers/promises';
import { WireError, type Button, type Point } from '../wire/index.ts';
import type { Xdotool } from './xdotool.ts';

const numbers: Readonly<Record<Button, number>> = { left: 1, middle: 2, right: 3, back: 8, forward: 9 };
const names = new Map<number, Button>((Object.entries(numbers) as [Button, number][]).map(([name, number]) => [number, name]));

/** Wheel notches given in one line: a cancelled scroll stops after at most so many. */
const notchesPerLine = 10;
/** Without a pause, one in twenty second clicks is lost: the window manager still holds back the first. 5 ms were enough under load. */
const betweenClicksMs = 25;
/** A drag's moves: toolkits begin one after a few pixels of motion, and follow it by motion events. */
const drag = { minMoves: 8, pixelsPerMove: 24, maxMovesPerLeg: 40, moveMs: 8, gripMs: 40, dropMs: 60 };

/** What a button is called on the wire. */
export function buttonName(number: number): string {
  return names.get(number) ?? `button ${number}`;
}

/** The X number of a button. */
export function buttonNumber(button: Button): number {
  return numbers[button];
}

/** Moves the pointer. */
export async function move(xdotool: Xdotool, { x, y }: Point): Promise<void> {
  await xdotool.run(`mousemove ${x} ${y}`);
}

/** Presses and releases a button `count` times where the pointer is, as fast as a double click can be relied upon. */
export async function click(xdotool: Xdotool, button: Button, count: number, signal: AbortSignal): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    if (done > 0) await wait(betweenClicksMs, signal);
    await xdotool.run(`click --delay 0 ${numbers[button]}`);
  }
}

export async function press(xdotool: Xdotool, button: Button): Promise<void> {
  await xdotool.run(`mousedown ${numbers[button]}`);
}

export async function release(xdotool: Xdotool, button: Button): Promise<void> {
  await xdotool.run(`mouseup ${numbers[button]}`);
}

/** Turns the wheel: +dy down, +dx right. */
export async function scroll(xdotool: Xdotool, dx: number, dy: number, signal: AbortSignal): Promise<void> {
  for (const [notches, button] of [[Math.abs(dy), dy < 0 ? 4 : 5], [Math.abs(dx), dx < 0 ? 6 : 7]] as const) {
    for (let done = 0; done < notches; done += notchesPerLine) {
      throwIfAborted(signal);
      await xdotool.run(`click --repeat ${Math.min(notchesPerLine, notches - done)} --delay 0 ${button}`);
    }
  }
}

/** Drags along a path with moves in between, paced so that applications see motion; the button is released in any case. */
export async function dragAlong(xdotool: Xdotool, path: readonly Point[], button: Button, signal: AbortSignal): Promise<void> {
  const [start] = path;
  if (start === undefined) return;
  await move(xdotool, start);
  throwIfAborted(signal);
  try {
    await press(xdotool, button);
    await wait(drag.gripMs, signal);
    for (const point of movesAlong(path)) {
      await move(xdotool, point);
      await wait(drag.moveMs, signal);
    }
    await wait(drag.dropMs, signal);
  } finally {
    await release(xdotool, button);
  }
}

/** The points of a drag after its start: every point of the path, with steps in between. */
export function movesAlong(path: readonly Point[]): Point[] {
  const legs = path.slice(1);
  const minPerLeg = Math.ceil(drag.minMoves / Math.max(1, legs.length));
  return legs.flatMap((to, index) => {
    const from = path[index] ?? to;
    const distance = Math.hypot(to.x - from.x, to.y - from.y);
    const steps = Math.min(drag.maxMovesPerLeg, Math.max(minPerLeg, Math.ceil(distance / drag.pixelsPerMove)));
    return Array.from({ length: steps }, (_, step) => ({
      x: Math.round(from.x + ((to.x - from.x) * (step + 1)) / steps),
      y: Math.round(from.y + ((to.y - from.y) * (step + 1)) / steps),
    }));
  });
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined); // the line below says why
  throwIfAborted(signal);
}

/** Throws WireError `cancelled` if the signal is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof WireError ? signal.reason : new WireError('cancelled', 'the action was cancelled');
}
