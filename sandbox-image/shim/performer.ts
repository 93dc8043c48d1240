import { setTimeout as pause } from 'node:timers/promises';
import { WireError, type Action, type Button, type Point } from '../wire/index.ts';
import type { Keyboard } from './keyboard.ts';
import * as mouse from './mouse.ts';
import type { Xdotool } from './xdotool.ts';

/** Performs the input of one action. */
export type Performer = {
  /**
   * Does it, releasing what the action itself presses. `typed` is told how far a text has come.
   * Rejects with WireError; an abort stops at the next safe point and rejects with `cancelled`.
   */
  perform(action: Action, typed: (characters: number) => void, signal: AbortSignal): Promise<void>;
};

/** Makes a performer over keyboard and mouse. */
export function createPerformer(xdotool: Xdotool, keyboard: Keyboard): Performer {
  const pressing = async (keys: readonly string[], signal: AbortSignal, inside: () => Promise<void>): Promise<void> => {
    if (keys.length === 0) return await inside();
    const keycodes = await keyboard.chord(keys, signal);
    try {
      await keyboard.press(keycodes);
      await inside();
    } finally {
      await keyboard.release(keycodes);
    }
  };
  const at = async ({ x, y }: { x?: number | undefined; y?: number | undefined }): Promise<void> => {
    if (x !== undefined && y !== undefined) await mouse.move(xdotool, { x, y });
  };
  const repeatChord = async (keys: readonly string[], repeat: number, signal: AbortSignal): Promise<void> => {
    const keycodes = await keyboard.chord(keys, signal);
    for (let done = 0; done < repeat; done += 1) {
      mouse.throwIfAborted(signal);
      try {
        await keyboard.press(keycodes);
      } finally {
        await keyboard.release(keycodes);
      }
    }
  };
  const pressedFor = new Map<string, readonly number[]>();

  return {
    async perform(action, typed, signal) {
      mouse.throwIfAborted(signal);
      switch (action.type) {
        case 'screenshot':
        case 'zoom':
        case 'cursor':
          return;
        case 'wait':
          return await interruptible(action.ms, signal);
        case 'move':
          return await pressing(action.modifiers, signal, () => mouse.move(xdotool, action));
        case 'click':
          await at(action);
          return await pressing(action.modifiers, signal, () => mouse.click(xdotool, action.button, action.count, signal));
        case 'mouse_down':
          return await pressAt(xdotool, action, action.button);
        case 'mouse_up':
          await at(action);
          return await mouse.release(xdotool, action.button);
        case 'drag':
          return await pressing(action.modifiers, signal, () => mouse.dragAlong(xdotool, action.path, action.button, signal));
        case 'scroll':
          await at(action);
          return await pressing(action.modifiers, signal, () => mouse.scroll(xdotool, action.dx, action.dy, signal));
        case 'type':
          return await keyboard.type(action.text, typed, signal);
        case 'key':
          return await repeatChord(action.keys, action.repeat, signal);
        case 'key_down': {
          const keycodes = await keyboard.keycodesOf(action.key, signal);
          pressedFor.set(action.key, keycodes);
          return await keyboard.press(keycodes);
        }
        case 'key_up': {
          const keycodes = pressedFor.get(action.key) ?? (await keyboard.keycodesOf(action.key, signal));
          pressedFor.delete(action.key);
          return await keyboard.release(keycodes);
        }
        case 'hold':
          return await pressing(action.keys, signal, () => interruptible(action.ms, signal));
      }
    },
  };
}

async function pressAt(xdotool: Xdotool, { x, y }: Partial<Point>, button: Button): Promise<void> {
  if (x !== undefined && y !== undefined) await mouse.move(xdotool, { x, y });
  await mouse.press(xdotool, button);
}

async function interruptible(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined); // the check below says why it ended
  if (signal.aborted) throw signal.reason instanceof WireError ? signal.reason : new WireError('cancelled', 'stopped while waiting');
}
