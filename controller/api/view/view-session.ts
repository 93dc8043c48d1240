import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { readClientMessages, RfbViolation } from '../../desktops/rfb/client-messages.ts';
import type { InputKind } from '../../desktops/rfb/client-messages.ts';

/** Why a live view was closed, as its WebSocket says. `viewLost`: the view server is gone and comes back; connect again. */
export const viewClose = { closing: 1001, refused: 1008, leaseEnded: 4001, accessEnded: 4003, unavailable: 4009, desktopGone: 4010, viewLost: 4011 } as const;

/** The end of a view: a code of `viewClose` and a reason in words. */
export type ViewEnd = { readonly code: number; readonly reason: string };

export type ViewSessionOptions = {
  readonly mode: 'view' | 'control';
  /** Whether input passes at this moment; asked for every message that gives some. */
  readonly mayInput: () => boolean;
  /** Told of each press that passes. */
  readonly onInput: (kind: InputKind) => void;
  readonly pingMs?: number;
};

/** A viewer that takes nothing is given nothing more beyond this many bytes, until it has taken most of them. */
const maxBufferedBytes = 2 ** 20;
const resumeBytes = 2 ** 18;
const maxReasonBytes = 120;
/** A viewer that says goodbye no more is cut after this long. */
const partingMs = 1000;
const silentMs = 45_000;
const handshakeMs = 15_000;

/** One viewer's live view: bytes between its WebSocket and the desktop's view server, checked on the way in. */
export class ViewSession {
  readonly #socket: WebSocket;
  readonly #options: ViewSessionOptions;
  readonly #pinging: NodeJS.Timeout;
  #heardAt = performance.now();
  #isEnding = false;

  constructor(socket: WebSocket, options: ViewSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => (this.#heardAt = performance.now()));
    socket.pause();
    this.#pinging = setInterval(() => this.#ping(), options.pingMs ?? 20_000);
    socket.once('close', () => clearInterval(this.#pinging));
  }

  /** Ends it within a second or so, and says why. */
  end({ code, reason }: ViewEnd): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#socket.resume();
    this.#socket.close(code, Buffer.from(reason).subarray(0, maxReasonBytes).toString('utf8').replace(/\uFFFD$/, ''));
    setTimeout(() => this.#socket.terminate(), partingMs).unref();
  }

  /** Carries bytes until either side ends. Resolves with whether the viewer has given input. Owns the stream. */
  async carry(stream: Duplex): Promise<{ readonly hasInput: boolean }> {
    const socket = this.#socket;
    const { mode, mayInput, onInput } = this.#options;
    const messages = readClientMessages(mode, mayInput, onInput);
    const lost = () => this.end({ code: viewClose.viewLost, reason: 'the live view was interrupted: connect again' });
    stream.once('end', lost).once('close', lost).on('error', lost);
    stream.on('data', (chunk: Buffer) => this.#show(chunk, stream));
    stream.on('drain', () => socket.resume());
    socket.on('message', (data: Buffer, isBinary) => {
      if (!this.#isEnding) this.#pass(isBinary ? data : undefined, messages.take, stream);
    });
    const late = setTimeout(() => messages.isGreeted || this.end({ code: viewClose.refused, reason: `no RFB handshake within ${handshakeMs} ms` }), handshakeMs);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    socket.once('close', resolve);
    if (socket.readyState === socket.CLOSED) resolve();
    socket.resume();
    await closed;
    clearTimeout(late);
    stream.destroy();
    return { hasInput: messages.hasInput };
  }

  #show(chunk: Buffer, stream: Duplex): void {
    const socket = this.#socket;
    if (this.#isEnding || socket.readyState !== socket.OPEN) return;
    socket.send(chunk, () => {
      if (stream.isPaused() && socket.bufferedAmount < resumeBytes) stream.resume();
    });
    if (socket.bufferedAmount > maxBufferedBytes) stream.pause();
  }

  #pass(data: Buffer | undefined, take: (chunk: Buffer) => Buffer, stream: Duplex): void {
    try {
      if (data === undefined) throw new RfbViolation('messages of the live view are binary');
      const passed = take(data);
      if (passed.length > 0 && !stream.destroyed && !stream.write(passed)) this.#socket.pause();
    } catch (error) {
      if (!(error instanceof RfbViolation)) throw error;
      stream.destroy();
      this.end({ code: viewClose.refused, reason: error.message });
    }
  }

  #ping(): void {
    if (performance.now() - this.#heardAt > silentMs) this.#socket.terminate();
    else this.#socket.ping();
  }
}
