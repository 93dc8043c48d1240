import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `up`: from the controller to the engine. */
export type Direction = 'up' | 'down';

/** One stream into a desktop, in the middle of its way. */
export class Pipe {
  /** Bytes that have passed. */
  readonly passed = { up: 0, down: 0 };
  /** How many more bytes may pass before the wire is cut; undefined: any number. */
  readonly cutAfter: { up: number | undefined; down: number | undefined } = { up: undefined, down: undefined };
  /** What comes is kept back, and lost if the wire is cut meanwhile. */
  readonly holds = { up: false, down: false };
  /** Every byte goes on its own. */
  isSliced = false;
  readonly #ends: Readonly<Record<Direction, Socket>>;
  readonly #held: Record<Direction, Buffer[]> = { up: [], down: [] };
  #turn: Promise<void> = Promise.resolve();

  /** `controller` and `engine` are the two sockets that the relay holds. */
  constructor(controller: Socket, engine: Socket) {
    this.#ends = { up: engine, down: controller };
  }

  /** Bytes that are held back in a direction. */
  heldBytes(direction: Direction): number {
    return this.#held[direction].reduce((sum, chunk) => sum + chunk.length, 0);
  }

  pass(direction: Direction, chunk: Buffer): void {
    if (this.holds[direction]) return void this.#held[direction].push(chunk);
    const left = this.cutAfter[direction];
    const some = left === undefined ? chunk : chunk.subarray(0, left);
    if (left !== undefined) this.cutAfter[direction] = left - some.length;
    this.passed[direction] += some.length;
    const isLast = left !== undefined && left <= chunk.length;
    this.#turn = this.#turn.then(() => this.#write(direction, some)).then(() => (isLast ? this.cut() : undefined));
  }

  /** Lets go on what was held back. */
  release(direction: Direction): void {
    this.holds[direction] = false;
    for (const chunk of this.#held[direction].splice(0)) this.pass(direction, chunk);
  }

  /** Both ends are gone at once. */
  cut(): void {
    this.#ends.up.destroy();
    this.#ends.down.destroy();
  }

  async #write(direction: Direction, bytes: Buffer): Promise<void> {
    const to = this.#ends[direction];
    if (!this.isSliced) return void (to.destroyed || to.write(bytes));
    for (const byte of bytes) {
      if (to.destroyed) return;
      to.write(Buffer.from([byte]));
      await new Promise((next) => setImmediate(next));
    }
  }
}

/** What a relay does with a request of the engine: an answer of its own in bytes, silence, or (undefined) nothing special. */
export type Interference = (method: string, path: string) => Buffer | 'silence' | undefined;

/**
 * A socket that stands before a Docker engine and passes everything on. Requests can be answered otherwise, and the streams into
 * desktops cut, held back and sliced. The engine's API wants one connection per request here: Vitrine keeps none alive.
 */
export class EngineRelay implements AsyncDisposable {
  readonly url: string;
  /** Open streams to shims, oldest first. */
  readonly shims: Pipe[] = [];
  interfere: Interference = () => undefined;
  /** Told of every new stream to a shim before anything passes. */
  onShim: (pipe: Pipe) => void = () => {};
  readonly #server: Server;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();
  readonly #shimExecs = new Set<string>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
    this.url = `unix://${path}`;
  }

  static async start(engine = '/var/run/docker.sock'): Promise<EngineRelay> {
    const path = join(tmpdir(), `vitrine-relay-${randomBytes(5).toString('hex')}.sock`);
    const server = createServer((socket) => relay.#accept(socket, engine));
    const relay = new EngineRelay(server, path);
    server.listen(path);
    await once(server, 'listening');
    return relay;
  }

  /** The newest open stream to a shim. */
  get shim(): Pipe {
    const pipe = this.shims.at(-1);
    if (pipe === undefined) throw new Error('no stream to a shim is open');
    return pipe;
  }

  #accept(controller: Socket, enginePath: string): void {
    this.#keep(controller);
    controller.once('data', (first: Buffer) => {
      const [, method = '', path = ''] = /^(\w+) (\S+)/.exec(first.toString('latin1')) ?? [];
      const answer = this.interfere(method, path);
      if (answer === 'silence') return;
      if (answer !== undefined) return void controller.end(answer);
      this.#connect(controller, enginePath, method, path, first);
    });
  }

  #connect(controller: Socket, enginePath: string, method: string, path: string, first: Buffer): void {
    const engine = connect(enginePath);
    this.#keep(engine);
    const pipe = new Pipe(controller, engine);
    let request = '';
    const isExec = /\/containers\/[^/]+\/exec$/.test(path);
    const started = /\/exec\/([^/]+)\/start$/.exec(path)?.[1];
    if (started !== undefined && this.#shimExecs.has(started)) {
      this.shims.push(pipe);
      controller.once('close', () => void this.shims.splice(this.shims.indexOf(pipe), 1));
      this.onShim(pipe);
    }
    const up = (chunk: Buffer) => {
      if (isExec) request += chunk.toString('latin1');
      pipe.pass('up', chunk);
    };
    engine.on('data', (chunk: Buffer) => {
      const made = isExec && request.includes('shim.sock') ? /"Id":"([0-9a-f]+)"/.exec(chunk.toString('latin1'))?.[1] : undefined;
      if (made !== undefined) this.#shimExecs.add(made);
      pipe.pass('down', chunk);
    });
    controller.on('data', up);
    controller.on('end', () => engine.end());
    engine.on('end', () => controller.end());
    controller.once('close', () => engine.destroy());
    engine.once('close', () => controller.destroySoon());
    up(first);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}); // the other end is told by its closing
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await rm(this.#path, { force: true });
  }
}
