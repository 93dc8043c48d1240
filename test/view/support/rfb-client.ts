import { WebSocket } from 'ws';
import { waitFor } from '../../support/wait-for.ts';

/** A rectangle of a FramebufferUpdate: raw pixels, or what is told besides them. */
export type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly encoding: number };
export type Update = { readonly at: number; readonly rectangles: readonly Rectangle[] };

export type RfbClientOptions = { readonly headers?: Record<string, string>; readonly protocols?: readonly string[]; readonly mode?: 'view' | 'control'; readonly encodings?: readonly number[] };

const rawEncoding = 0;
const cursorEncoding = -239;

/** A message of a client: its type, and room for the rest. */
function messageOf(type: number, byteLength: number): Buffer {
  const message = Buffer.alloc(byteLength);
  message[0] = type;
  return message;
}

/** The bytes of a SetEncodings message. */
export function setEncodings(...encodings: number[]): Buffer {
  const message = messageOf(2, 4 + 4 * encodings.length);
  message.writeUInt16BE(encodings.length, 2);
  for (const [index, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + 4 * index);
  return message;
}

export function updateRequest(isIncremental: boolean, width = 1280, height = 800): Buffer {
  const message = messageOf(3, 10);
  message[1] = isIncremental ? 1 : 0;
  message.writeUInt16BE(width, 6);
  message.writeUInt16BE(height, 8);
  return message;
}

export function keyEvent(keysym: number, isDown: boolean): Buffer {
  const message = messageOf(4, 8);
  message[1] = isDown ? 1 : 0;
  message.writeUInt32BE(keysym, 4);
  return message;
}

export function pointerEvent(x: number, y: number, buttons = 0): Buffer {
  const message = messageOf(5, 6);
  message[1] = buttons;
  message.writeUInt16BE(x, 2);
  message.writeUInt16BE(y, 4);
  return message;
}

export function cutText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const message = messageOf(6, 8);
  message.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([message, bytes]);
}

/** QEMU's extended key event. */
export function qemuKey(keysym: number, isDown: boolean, keycode: number): Buffer {
  const message = messageOf(255, 12);
  message.writeUInt16BE(isDown ? 1 : 0, 2);
  message.writeUInt32BE(keysym, 4);
  message.writeUInt32BE(keycode, 8);
  return message;
}

export function setDesktopSize(width: number, height: number): Buffer {
  const message = messageOf(251, 24);
  message.writeUInt16BE(width, 2);
  message.writeUInt16BE(height, 4);
  message[6] = 1;
  message.writeUInt16BE(width, 16);
  message.writeUInt16BE(height, 18);
  return message;
}

/** A client of the live view that reads every byte itself: what the server sends is taken as RFB 3.8 with raw pixels. */
export class RfbClient implements Disposable {
  readonly socket: WebSocket;
  readonly updates: Update[] = [];
  /** Cursor pictures and other things told besides pixels, by their encoding. */
  readonly told: number[] = [];
  #closed: { readonly code: number; readonly reason: string } | undefined;
  /** The screen as this client knows it: four bytes a pixel. */
  screen = Buffer.alloc(0);
  width = 0;
  height = 0;
  name = '';
  /** When the socket was asked for. */
  readonly openedAt = performance.now();
  #bytes: Buffer = Buffer.alloc(0);
  #asksAlways = true;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.once('close', (code, reason) => (this.#closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined); // close follows
    socket.on('message', (data: Buffer) => (this.#bytes = this.#bytes.length === 0 ? data : Buffer.concat([this.#bytes, data])));
  }

  /** Opens a view and does not speak yet. Rejects with the HTTP status and body of a refusal. */
  static async connect(url: string, { headers = {}, protocols = ['vitrine.v1'], mode = 'view' }: RfbClientOptions = {}): Promise<RfbClient> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${mode === 'control' ? '?mode=control' : ''}`, [...protocols], { headers, perMessageDeflate: false });
    const client = new RfbClient(socket);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('open', resolve).once('error', reject).once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk)).once('end', () => reject(new Error(`${response.statusCode ?? 0} ${Buffer.concat(chunks).toString()}`)));
    });
    await promise;
    return client;
  }

  /** Opens a view, shakes hands and asks for the picture, again after every update. */
  static async open(url: string, options: RfbClientOptions = {}): Promise<RfbClient> {
    const client = await RfbClient.connect(url, options);
    await client.shakeHands();
    client.send(setEncodings(...(options.encodings ?? [rawEncoding, cursorEncoding])));
    client.send(updateRequest(false));
    void client.#readOn();
    return client;
  }

  /** How the other side closed the view. Rejects if it does not within `withinMs`. */
  async closed(withinMs = 5000): Promise<{ readonly code: number; readonly reason: string }> {
    return await waitFor('the view is closed', () => this.#closed, withinMs);
  }

  async shakeHands(): Promise<void> {
    await this.#take(12);
    this.send(Buffer.from('RFB 003.008\n'));
    const [count = 0] = await this.#take(1);
    await this.#take(count);
    this.send(Buffer.from([1]));
    await this.#take(4);
    this.send(Buffer.from([0]));
    const init = await this.#take(24);
    this.width = init.readUInt16BE(0);
    this.height = init.readUInt16BE(2);
    this.screen = Buffer.alloc(this.width * this.height * 4);
    this.name = (await this.#take(init.readUInt32BE(20))).toString();
  }

  send(bytes: Buffer): void {
    this.socket.send(bytes);
  }

  /** Sends a character down and up. */
  type(text: string): void {
    for (const character of text) {
      const keysym = character === '\n' ? 0xff0d : character.codePointAt(0) ?? 0;
      this.send(keyEvent(keysym, true));
      this.send(keyEvent(keysym, false));
    }
  }

  /** Waits for the next update after a moment that changes pixels. */
  async updateAfter(at: number, timeoutMs = 10_000): Promise<Update> {
    return await waitFor('an update of the picture', () => this.updates.find((update) => update.at > at && update.rectangles.some(({ encoding }) => encoding === rawEncoding)), timeoutMs);
  }

  /** From now on the picture is asked for no more. */
  stopAsking(): void {
    this.#asksAlways = false;
  }

  pixel(x: number, y: number): string {
    return this.screen.toString('hex', (y * this.width + x) * 4, (y * this.width + x) * 4 + 3);
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  async #readOn(): Promise<void> {
    try {
      for (;;) {
        const [type] = await this.#take(1);
        if (type === 0) await this.#readUpdate();
        else if (type === 2) this.told.push(2);
        else if (type === 3) {
          const head = await this.#take(7);
          await this.#take(Math.abs(head.readInt32BE(3)));
        } else throw new Error(`message ${String(type)} of the server is not known here`);
      }
    } catch {
      // The view has ended; `closed()` says why.
    }
  }

  async #readUpdate(): Promise<void> {
    const rectangles: Rectangle[] = [];
    const count = (await this.#take(3)).readUInt16BE(1);
    for (let index = 0; index < count; index += 1) {
      const head = await this.#take(12);
      const rectangle = { x: head.readUInt16BE(0), y: head.readUInt16BE(2), width: head.readUInt16BE(4), height: head.readUInt16BE(6), encoding: head.readInt32BE(8) };
      rectangles.push(rectangle);
      const { x, y, width, height, encoding } = rectangle;
      if (encoding === rawEncoding) {
        const pixels = await this.#take(width * height * 4);
        for (let row = 0; row < height; row += 1) pixels.copy(this.screen, ((y + row) * this.width + x) * 4, row * width * 4, (row + 1) * width * 4);
      } else if (encoding === cursorEncoding) {
        await this.#take(width * height * 4 + Math.ceil(width / 8) * height);
        this.told.push(encoding);
      } else throw new Error(`encoding ${encoding} is not known here`);
    }
    this.updates.push({ at: performance.now(), rectangles });
    if (this.#asksAlways && this.socket.readyState === WebSocket.OPEN) this.send(updateRequest(true));
  }

  async #take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const stop = () => reject(new Error('the view was closed'));
      this.socket.once('message', () => resolve());
      this.socket.once('close', stop);
      if (this.socket.readyState === WebSocket.CLOSED) stop();
      await promise.finally(() => this.socket.off('close', stop));
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }
}
