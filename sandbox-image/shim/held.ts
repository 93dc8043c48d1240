import type { Keyboard } from './keyboard.ts';
import { buttonName } from './mouse.ts';
import type { XServer } from './x-server.ts';
import type { Xdotool } from './xdotool.ts';

/** What is down, in the wire's words. */
export type HeldNames = { keys: string[]; buttons: string[] };

/** What the X server says is held, whoever pressed it. */
export type Held = {
  read(): Promise<HeldNames>;
  /** Releases all of it, turns Caps Lock off, and says what it was. */
  release(): Promise<HeldNames>;
};

/** Makes the reader and releaser of held keys and buttons. */
export function createHeld(server: XServer, xdotool: Xdotool, keyboard: Keyboard): Held {
  const read = async () => {
    const [keycodes, buttons] = await Promise.all([server.keysDown(), server.buttonsDown()]);
    return { keycodes, buttons };
  };
  const nameAll = async (keycodes: readonly number[], buttons: readonly number[]): Promise<HeldNames> => ({
    keys: await keyboard.keyNames(keycodes),
    buttons: buttons.map(buttonName),
  });
  return {
    async read() {
      const { keycodes, buttons } = await read();
      return await nameAll(keycodes, buttons);
    },
    async release() {
      const { keycodes, buttons } = await read();
      if (buttons.length > 0) await xdotool.run(...buttons.map((button) => `mouseup ${button}`));
      if (keycodes.length > 0) await keyboard.release(keycodes);
      const names = await nameAll(keycodes, buttons);
      if ((await keyboard.unlockCaps()) && !names.keys.includes('capslock')) names.keys.push('capslock');
      return names;
    },
  };
}
