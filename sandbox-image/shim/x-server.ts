import x11, { type CursorImage, type Fixes, type XClient, type XEvent, type XInput } from 'x11';
import { WireError } from '../wire/index.ts';

/** A request that the X server leaves unanswered for this long means that it is gone or stuck. */
const answerMs = 10_000;
const allMasterDevices = 1;
const masterPointer = 1;

/** Where the pointer is and what X's core state says is held with it (Button1 is bit 8, Lock bit 1). */
export type PointerState = { readonly x: number; readonly y: number; readonly mask: number };

type Done<Value> = (error: Error | null | undefined, value: Value) => void;

/** The shim's own connection to the X server. Every query is one round trip (about 0.1 ms). */
export class XServer implements Disposable {
  readonly #client: XClient;
  readonly #fixes: Fixes;
  readonly #input: XInput;
  readonly root: number;
  readonly display: { readonly width: number; readonly height: number };
  readonly keycodes: { readonly first: number; readonly last: number };
  /** Resolves with the reason when the connection is lost. */
  readonly lost: Promise<string>;
  /** Grows with every change of the keyboard mapping, whoever made it. */
  mappingSerial = 0;
  #listeners = new Set<(event: XEvent) => void>();

  private constructor(client: XClient, fixes: Fixes, input: XInput, facts: Pick<XServer, 'root' | 'display' | 'keycodes' | 'lost'>) {
    this.#client = client;
    this.#fixes = fixes;
    this.#input = input;
    this.root = facts.root;
    this.display = facts.display;
    this.keycodes = facts.keycodes;
    this.lost = facts.lost;
    client.on('event', (event) => {
      if (event.name === 'MappingNotify' || event.type === 34) this.mappingSerial += 1;
      for (const listener of this.#listeners) listener(event);
    });
    client.ChangeWindowAttributes(this.root, { eventMask: x11.eventMask.SubstructureNotify });
  }

  /** Connects to `display` (such as `:0`). Rejects when no server answers there. */
  static async connect(display: string): Promise<XServer> {
    let lose: (reason: string) => void = () => undefined;
    const lost = new Promise<string>((resolve) => (lose = resolve));
    const opened = await new Promise<import('x11').Display>((resolve, reject) => {
      const client = x11.createClient({ display }, (error, value) => (error ? reject(error) : resolve(value)));
      client.on('error', (error) => {
        reject(error);
        // A protocol error answers one request; only the loss of the stream ends the connection.
        if (!('error' in error)) lose(`the connection to the X server failed: ${error.message}`);
      });
      client.on('end', () => lose('the X server closed the connection'));
    });
    const { client } = opened;
    const fixes = await ask<Fixes>((done) => client.require('fixes', done));
    const input = await ask<XInput>((done) => client.require('xinput', done));
    const screen = opened.screen[0];
    if (screen === undefined) throw new Error(`X server ${display} has no screen`);
    return new XServer(client, fixes, input, {
      root: screen.root,
      display: { width: screen.pixel_width, height: screen.pixel_height },
      keycodes: { first: opened.min_keycode, last: opened.max_keycode },
      lost,
    });
  }

  onEvent(listener: (event: XEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async pointer(): Promise<PointerState> {
    const { rootX, rootY, keyMask } = await ask<{ rootX: number; rootY: number; keyMask: number }>((done) => this.#client.QueryPointer(this.root, done));
    return { x: rootX, y: rootY, mask: keyMask };
  }

  /** The pointer's picture (premultiplied ARGB32) and place. */
  cursor(): Promise<CursorImage> {
    return ask((done) => this.#fixes.GetCursorImage(done));
  }

  /** Keycodes that are down. */
  async keysDown(): Promise<number[]> {
    const bits = await ask<Buffer>((done) => this.#client.QueryKeymap(done));
    const down: number[] = [];
    for (let keycode = this.keycodes.first; keycode <= this.keycodes.last; keycode += 1) {
      if (((bits[keycode >> 3] ?? 0) & (1 << (keycode & 7))) !== 0) down.push(keycode);
    }
    return down;
  }

  /** Numbers of the mouse buttons that are down, 8 and 9 included (the core protocol's mask ends at 5). */
  async buttonsDown(): Promise<number[]> {
    const devices = await ask<readonly import('x11').Device[]>((done) => this.#input.XIQueryDevice(allMasterDevices, done));
    const classes = devices.filter((device) => device.use === masterPointer).flatMap((device) => device.classes);
    const state = classes.find((one) => one.type === this.#input.ClassType.Button)?.state ?? [];
    return Array.from({ length: 32 }, (_, button) => button).filter((button) => button > 0 && ((state[0] ?? 0) & (1 << button)) !== 0);
  }

  /** Keysyms of every keycode: row 0 belongs to `keycodes.first`. */
  keyboardMapping(): Promise<readonly (readonly number[])[]> {
    const { first, last } = this.keycodes;
    return ask((done) => this.#client.GetKeyboardMapping(first, last - first + 1, done));
  }

  /** Gives keycodes new keysyms (both shift levels); returns once the server has done it. */
  async bindKeycodes(bindings: ReadonlyMap<number, number>): Promise<void> {
    for (const { first, keysyms } of runsOf(bindings)) this.#client.ChangeKeyboardMapping(first, 2, keysyms.flatMap((keysym) => [keysym, keysym]));
    await this.pointer();
  }

  /** Whether a key held down repeats. */
  setAutoRepeat(isOn: boolean): void {
    this.#client.ChangeKeyboardControl({ autoRepeatMode: isOn ? 1 : 0 });
  }

  atom(name: string): Promise<number> {
    return ask((done) => this.#client.InternAtom(false, name, done));
  }

  /** The bytes of a window's property, at most `maxBytes`; empty when there is none or the window is gone. */
  async property(window: number, name: string, maxBytes: number): Promise<Buffer> {
    const atom = await this.atom(name);
    try {
      const { data } = await ask<{ data: Buffer }>((done) => this.#client.GetProperty(0, window, atom, 0, 0, Math.ceil(maxBytes / 4), done));
      return data.subarray(0, maxBytes);
    } catch {
      return Buffer.alloc(0); // the window went away in between
    }
  }

  selectionOwner(selection: number): Promise<number> {
    return ask((done) => this.#client.GetSelectionOwner(selection, done));
  }

  async focusedWindow(): Promise<number> {
    return (await ask<{ focus: number }>((done) => this.#client.GetInputFocus(done))).focus;
  }

  /** Sends a client message to the window that it is about. */
  async sendClientMessage(window: number, type: string, data: readonly number[]): Promise<void> {
    this.#client.SendClientMessage(window, window, await this.atom(type), 32, data, 0);
  }

  [Symbol.dispose](): void {
    this.#client.terminate();
  }
}

/** One request of the callback interface as a promise, with a deadline. */
function ask<Value>(request: (done: Done<Value>) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new WireError('desktop_broken', `the X server has not answered for ${answerMs} ms`)), answerMs);
    request((error, value) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(value);
    });
  });
}

/** Neighbouring keycodes together: every request is an event that all applications answer by reading the mapping anew. */
function runsOf(bindings: ReadonlyMap<number, number>): { first: number; keysyms: number[] }[] {
  const runs: { first: number; keysyms: number[] }[] = [];
  for (const [keycode, keysym] of [...bindings].toSorted(([a], [b]) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.keysyms.length === keycode) last.keysyms.push(keysym);
    else runs.push({ first: keycode, keysyms: [keysym] });
  }
  return runs;
}
