import { Duplex } from 'node:stream';
import { VitrineError } from '../errors.ts';
import { Demultiplexer } from './demultiplexer.ts';

const keptStderrBytes = 4096;
const maxStderrBytes = 1024 * 1024;

/**
 * Standard input and output of a program started by exec, as one Duplex over the engine's multiplexed connection.
 * Reading is held back when nobody reads. It ends without an error when the program, the container or the engine goes
 * away; it fails with `unavailable` when the program could not be started, or ended without output and said why, and with `desktop_broken` when
 * the stream breaks its format or standard error exceeds 1 MiB. The socket methods that an HTTP client calls do nothing.
 */
export class ExecStream extends Duplex {
  readonly #raw: Duplex;
  readonly #demultiplexer = new Demultiplexer();
  #stderr: Buffer = Buffer.alloc(0);
  #stderrBytes = 0;
  #stdoutBytes = 0;

  constructor(raw: Duplex) {
    super({ allowHalfOpen: true });
    this.#raw = raw;
    raw.on('data', (chunk: Buffer) => this.#receive(chunk));
    raw.once('end', () => this.#finish());
    raw.once('close', () => this.#finish());
    raw.on('error', () => this.#finish());
  }

  /** The last bytes of what the program wrote to standard error. */
  get stderrTail(): string {
    return this.#stderr.toString('utf8');
  }

  #receive(chunk: Buffer): void {
    if (this.destroyed) return;
    try {
      this.#demultiplexer.push(chunk, (type, payload) => {
        if (type === 2) return this.#keepStderr(payload);
        if (this.#stdoutBytes === 0) refuseEngineError(payload);
        this.#stdoutBytes += payload.length;
        if (!this.push(payload)) this.#raw.pause();
      });
    } catch (error) {
      this.destroy(VitrineError.from(error));
    }
  }

  #keepStderr(payload: Buffer): void {
    this.#stderrBytes += payload.length;
    if (this.#stderrBytes > maxStderrBytes) {
      throw new VitrineError('desktop_broken', `a program in the desktop wrote more than ${maxStderrBytes} bytes of errors to its stream`);
    }
    this.#stderr = Buffer.concat([this.#stderr, payload]).subarray(-keptStderrBytes);
  }

  #finish(): void {
    if (this.destroyed || this.readableEnded) return;
    if (this.#stdoutBytes === 0 && this.#stderrBytes > 0) {
      this.destroy(new VitrineError('unavailable', `nothing answers in the desktop: ${this.stderrTail.trim().slice(-300)}`));
      return;
    }
    this.push(null);
  }

  override _read(): void {
    this.#raw.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#raw.write(chunk, encoding, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#raw.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#raw.destroy();
    done(error);
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** What runc and containerd say last in a line: the code of their error. */
const engineError = /^(?!HTTP\/|RFB )[^\r\n]+: (?:unknown|not found|failed precondition|unavailable|internal|deadline exceeded)\r\n$/;

/**
 * An engine that could not start the program says so on the program's standard output, in one line and in changing words
 * ("OCI runtime exec failed: ...", "cannot exec in a stopped state: unknown", "task ... not found: not found").
 */
function refuseEngineError(first: Buffer): void {
  const text = first.toString('utf8', 0, 400);
  if (text.startsWith('OCI runtime exec failed') || engineError.test(text)) throw new VitrineError('unavailable', `the engine could not start a program in the desktop: ${text.trim()}`);
}
