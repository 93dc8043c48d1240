import { WireError, isModifier } from '../wire/index.ts';
import type { ClientBarrier } from './client-barrier.ts';
import { readKeymap, slotOf, strokeOfSlot, type Keymap, type Stroke } from './keymap.ts';
import { keyOfKeysym, keysymsOfKey } from './keysyms.ts';
import { planTyping } from './typing-plan.ts';
import type { XServer } from './x-server.ts';
import type { Xdotool } from './xdotool.ts';

/** Characters that go to xdotool in one line: a cancelled text stops after at most so many. */
const chunkCharacters = 50;
const lockMask = 2;

type Pressed = { readonly key: string; readonly keycode: number };

/** Keys and text, put into the X server by keycode. */
export class Keyboard {
  readonly #server: XServer;
  readonly #xdotool: Xdotool;
  readonly #barrier: ClientBarrier;
  /** Spare slot → its keysym, least recently used first. */
  readonly #spares: Map<number, number>;
  /** Spare slots whose keys an application may not have looked up yet. */
  readonly #unconsumed = new Set<number>();
  #keymap: Keymap = readKeymap([], 0);
  #serial = -1;

  /** `spares` are neighbouring keycodes that may be given characters which the layout lacks. */
  constructor(server: XServer, xdotool: Xdotool, barrier: ClientBarrier, spares: readonly number[]) {
    this.#server = server;
    this.#xdotool = xdotool;
    this.#barrier = barrier;
    const slots = [...spares.map((keycode) => slotOf({ keycode, shift: false })), ...spares.map((keycode) => slotOf({ keycode, shift: true }))];
    this.#spares = new Map(slots.map((slot) => [slot, 0]));
  }

  /**
   * Keycodes to press for a chord, in order; modifiers that are held already are left out, so that they stay held after it.
   * A letter in a chord with a modifier is the plain letter. Rejects with WireError `invalid_request` for a key that this keyboard lacks.
   */
  async chord(keys: readonly string[], signal: AbortSignal): Promise<number[]> {
    const down = new Set(await this.#server.keysDown());
    const isHeldModifier = ({ key, keycode }: Pressed) => isModifier(key) && down.has(keycode);
    return (await this.#resolve(keys, signal)).filter((pressed) => !isHeldModifier(pressed)).map(({ keycode }) => keycode);
  }

  /** Keycodes of one physical key for `key_down` and `key_up`: a letter without shift. */
  async keycodesOf(key: string, signal: AbortSignal): Promise<number[]> {
    return (await this.#resolve([plainLetter(key)], signal)).map(({ keycode }) => keycode);
  }

  async #resolve(keys: readonly string[], signal: AbortSignal): Promise<Pressed[]> {
    await this.#refresh();
    const hasModifier = keys.some(isModifier);
    const shift = this.#require('shift').keycode;
    const pressed: Pressed[] = [];
    const add = (key: string, keycode: number) => {
      if (!pressed.some((other) => other.keycode === keycode)) pressed.push({ key, keycode });
    };
    for (const key of keys) {
      const { keycode, shift: needsShift } = await this.#strokeOf(hasModifier ? plainLetter(key) : key, signal);
      if (needsShift) add('shift', shift);
      add(key, keycode);
    }
    return pressed;
  }

  async press(keycodes: readonly number[]): Promise<void> {
    await this.#xdotool.run(...keycodes.map((keycode) => `keydown --delay 0 ${nameOf(keycode)}`));
  }

  /** Releases in the reverse order. */
  async release(keycodes: readonly number[]): Promise<void> {
    await this.#xdotool.run(...keycodes.toReversed().map((keycode) => `keyup --delay 0 ${nameOf(keycode)}`));
  }

  /**
   * Types text exactly, Caps Lock or not. `typed` is told how many characters have been typed so far; an abort stops
   * between two chunks and rejects with WireError `cancelled`.
   */
  async type(text: string, typed: (characters: number) => void, signal: AbortSignal): Promise<void> {
    await this.#refresh();
    const stretches = planTyping(text, this.#keymap, this.#spares);
    if (stretches === undefined) throw new WireError('internal', 'the keyboard has no spare keycode for characters that its layout lacks');
    await this.unlockCaps();
    this.#server.setAutoRepeat(false); // a machine that stalls between press and release must not double a character
    try {
      let count = 0;
      for (const { bindings, strokes } of stretches) {
        await this.#bind(bindings, signal);
        for (let start = 0; start < strokes.length; start += chunkCharacters) {
          if (signal.aborted) throw new WireError('cancelled', `stopped after ${count} characters`);
          const chunk = strokes.slice(start, start + chunkCharacters);
          for (const stroke of chunk) this.#use(stroke);
          await this.#xdotool.run(...this.#commandsOf(chunk));
          count += chunk.length;
          typed(count);
        }
      }
      if (count > chunkCharacters) await this.#barrier(signal); // a long text takes an application a while: let the screen settle after that
    } finally {
      this.#server.setAutoRepeat(true);
    }
  }

  /** Turns Caps Lock off if it is on; returns whether it was. */
  async unlockCaps(): Promise<boolean> {
    if (((await this.#server.pointer()).mask & lockMask) === 0) return false;
    await this.#refresh();
    await this.#xdotool.run(`key --delay 0 ${nameOf(this.#require('capslock').keycode)}`);
    return true;
  }

  /** What a keycode is called on the wire. */
  async keyNames(keycodes: readonly number[]): Promise<string[]> {
    await this.#refresh();
    return keycodes.map((keycode) => keyOfKeysym(this.#keymap.keysymOf(keycode, false)) ?? `keycode ${keycode}`);
  }

  #commandsOf(chunk: readonly Stroke[]): string[] {
    const shift = nameOf(this.#require('shift').keycode);
    const commands: string[] = [];
    for (let start = 0; start < chunk.length; ) {
      const isShifted = chunk[start]?.shift ?? false;
      let end = start;
      while (end < chunk.length && chunk[end]?.shift === isShifted) end += 1;
      const keys = `key --delay 0 ${chunk.slice(start, end).map(({ keycode }) => nameOf(keycode)).join(' ')}`;
      commands.push(isShifted ? `keydown --delay 0 ${shift} ${keys} keyup --delay 0 ${shift}` : keys);
      start = end;
    }
    return commands;
  }

  async #strokeOf(key: string, signal: AbortSignal): Promise<Stroke> {
    const known = this.#find(key);
    if (known !== undefined) return known;
    if ([...key].length !== 1) throw new WireError('invalid_request', `the desktop's keyboard has no key ${key}`);
    const [stretch] = planTyping(key, this.#keymap, this.#spares) ?? [];
    const [stroke] = stretch?.strokes ?? [];
    if (stretch === undefined || stroke === undefined) throw new WireError('invalid_request', `the desktop's keyboard has no key ${key}`);
    await this.#bind(stretch.bindings, signal);
    this.#use(stroke);
    return stroke;
  }

  #find(key: string): Stroke | undefined {
    return keysymsOfKey(key).map((keysym) => this.#keymap.strokeOf(keysym)).find((stroke) => stroke !== undefined);
  }

  #require(key: string): Stroke {
    const stroke = this.#find(key);
    if (stroke === undefined) throw new WireError('internal', `the keyboard has no ${key}`);
    return stroke;
  }

  #use(stroke: Stroke): void {
    const slot = slotOf(stroke);
    const keysym = this.#spares.get(slot);
    if (keysym === undefined) return;
    this.#spares.delete(slot);
    this.#spares.set(slot, keysym);
    this.#unconsumed.add(slot);
  }

  /** Gives slots new characters. Applications look a key up when they handle its event, so earlier keys must be consumed first. */
  async #bind(bindings: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void> {
    if (bindings.size === 0) return;
    if ([...bindings.keys()].some((slot) => this.#unconsumed.has(slot))) {
      await this.#barrier(signal);
      this.#unconsumed.clear();
    }
    for (const [slot, keysym] of bindings) this.#spares.set(slot, keysym);
    const keycodes = [...bindings.keys()].map((slot) => strokeOfSlot(slot).keycode);
    const first = Math.min(...keycodes);
    const rows = Array.from({ length: Math.max(...keycodes) - first + 1 }, (_, index) => this.#rowOf(first + index));
    await this.#server.bindKeycodes(first, rows);
    await this.#refresh();
  }

  /** A slot without a character repeats its neighbour, so that the keycode means the same with and without shift. */
  #rowOf(keycode: number): [number, number] {
    const plain = this.#spares.get(slotOf({ keycode, shift: false })) ?? 0;
    const shifted = this.#spares.get(slotOf({ keycode, shift: true })) ?? 0;
    return [plain === 0 ? shifted : plain, shifted === 0 ? plain : shifted];
  }

  async #refresh(): Promise<void> {
    if (this.#serial === this.#server.mappingSerial) return;
    this.#serial = this.#server.mappingSerial;
    this.#keymap = readKeymap(await this.#server.keyboardMapping(), this.#server.keycodes.first);
    for (const slot of this.#spares.keys()) {
      const { keycode, shift } = strokeOfSlot(slot);
      this.#spares.set(slot, this.#keymap.keysymOf(keycode, shift));
    }
  }
}

/** xdotool's word for a keycode: digits from 10 on; 9 is Escape on every X keyboard of today, and its name is needed for it. */
function nameOf(keycode: number): string {
  return keycode === 9 ? 'Escape' : String(keycode);
}

/** A capital letter's key without shift; any other key as it is. */
function plainLetter(key: string): string {
  const lower = key.toLowerCase();
  return [...key].length === 1 && [...lower].length === 1 ? lower : key;
}
