import x11, { type CursorImage, type Fixes, type ResourceExtension, type XClient, type XEvent, type XInput } from 'x11';
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
  readonly #resources: ResourceExtension;
  readonly root: number;
  readonly display: { readonly width: number; readonly height: number };
  readonly keycodes: { readonly first: number; readonly last: number };
  /** Resolves with the reason when the connection is lost. */
  readonly lost: Promise<string>;
  /** Grows with every change of the keyboard mapping, whoever made it. */
  mappingSerial = 0;
  readonly #atoms = new Map<string, Promise<number>>();
  #listeners = new Set<(event: XEvent) => void>();

  private constructor(client: XClient, extensions: { fixes: Fixes; input: XInput; resources: ResourceExtension }, facts: Pick<XServer, 'root' | 'display' | 'keycodes' | 'lost'>) {
    this.#client = client;
    this.#fixes = extensions.fixes;
    this.#input = extensions.input;
    this.#resources = extensions.resources;
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
    const resources = await ask<ResourceExtension>((done) => client.require('res', done));
    const screen = opened.screen[0];
    if (screen === undefined) throw new Error(`X server ${display} has no screen`);
    return new XServer(client, { fixes, input, resources }, {
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

  /** Gives neighbouring keycodes, from `first` on, new plain and shifted keysyms in one change; returns once the server has made it. */
  async bindKeycodes(first: number, rows: readonly (readonly [number, number])[]): Promise<void> {
    this.#client.ChangeKeyboardMapping(first, 2, rows.flat());
    await this.pointer();
  }

  /** Whether a key held down repeats. */
  setAutoRepeat(isOn: boolean): void {
    this.#client.ChangeKeyboardControl({ autoRepeatMode: isOn ? 1 : 0 });
  }

  /** The number of a name, which stays the same as long as the server lives. */
  atom(name: string): Promise<number> {
    const known = this.#atoms.get(name) ?? ask<number>((done) => this.#client.InternAtom(false, name, done));
    this.#atoms.set(name, known);
    return known;
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

  /** The window that holds this one; 0 for the root, and for a window that is gone. */
  async parentOf(window: number): Promise<number> {
    try {
      return (await ask<{ parent: number }>((done) => this.#client.QueryTree(window, done))).parent;
    } catch {
      return 0; // the window went away in between
    }
  }

  /** The process that owns a window, as the server knows it from the socket (not what the window claims); undefined if unknown. */
  async processOf(window: number): Promise<number | undefined> {
    const mask = this.#resources.ClientIdMask.LocalClientPID;
    try {
      const ids = await ask<readonly { mask: number; value: readonly number[] }[]>((done) => this.#resources.QueryClientIds([{ client: window, mask }], done));
      return ids.find((id) => id.mask === mask)?.value[0];
    } catch {
      return undefined; // the window went away in between
    }
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
