import type { Buffer } from 'node:buffer';
import { limits } from '../../sandbox-image/wire/index.ts';
import type { HandsMethods, ParamsOf, ResultOf } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { ProgramRequest, ProgramResult } from './desktop.ts';
import type { Connection } from './connection.ts';
import type { ServerLink } from './server-link.ts';

const answerMs = 15_000;
const defaultProgramMs = 60_000;
/** A cancelled program is stopped with its group and still answered. */
const lingerMs = 3000;
const answer = { timeoutMs: answerMs };

type Stopped = ResultOf<HandsMethods, 'setEpoch'>['stopped'][number];
type Hands = Pick<Connection<HandsMethods>, 'call'>;
/** The control epoch in which something was decided; nothing is compared without it. */
type Epoch = number | undefined;
type OpenFile = { readonly path: string; readonly handle: number };

/** What hands can be asked: files and programs as the agent's user. Errors as `Desktop` promises. */
export class HandsClient {
  readonly #link: ServerLink<HandsMethods>;
  /** One for each program that is being run. */
  readonly #running = new Set<AbortController>();

  constructor(link: ServerLink<HandsMethods>) {
    this.#link = link;
  }

  async listFiles(options: ParamsOf<HandsMethods, 'listFiles'>, signal: AbortSignal): Promise<ResultOf<HandsMethods, 'listFiles'>> {
    return (await this.#link.call('listFiles', options, { ...answer, isRepeatable: true }, signal)).result;
  }

  async removeFile(path: string, epoch: Epoch, signal: AbortSignal): Promise<void> {
    await this.#link.call('removeFile', { path, epoch }, { ...answer, isRepeatable: false }, signal);
  }

  /** Opens a file and hands its content on chunk by chunk. The file is closed when the content ends, is given up, or the signal aborts. */
  async readFile(path: string, signal: AbortSignal): Promise<{ readonly size: number; readonly content: AsyncIterable<Buffer> }> {
    const hands = await this.#link.pin(signal);
    const { handle, size } = await open(hands, { path, mode: 'read' }, signal);
    const close = () => discard(hands, handle);
    if (size > limits.maxFileBytes) {
      close();
      throw new VitrineError('payload_too_large', `${path} has ${size} bytes; the limit is ${limits.maxFileBytes}`);
    }
    signal.addEventListener('abort', close, { once: true });
    const finish = () => {
      signal.removeEventListener('abort', close);
      close();
    };
    return { size, content: readChunks(hands, { path, handle, size }, finish, signal) };
  }

  /** Writes a file whole or not at all. */
  async writeFile(path: string, content: AsyncIterable<Uint8Array>, maxBytes: number, epoch: Epoch, signal: AbortSignal): Promise<{ readonly size: number }> {
    const hands = await this.#link.pin(signal);
    const { handle } = await open(hands, { path, mode: 'write', epoch }, signal);
    try {
      const size = await writeChunks(hands, { path, handle }, content, Math.min(maxBytes, limits.maxFileBytes), signal);
      const check = (result: { size: number }) => (result.size === size ? undefined : `a file of ${result.size} bytes where ${size} were written`);
      await hands.call('closeFile', { handle, commit: true }, { ...answer, check }, signal);
      return { size };
    } catch (error) {
      discard(hands, handle);
      throw error;
    }
  }

  /** Runs a program; its group is stopped when the signal aborts. Never sent twice. */
  async runProgram(request: ProgramRequest, signal: AbortSignal): Promise<ProgramResult> {
    const timeoutMs = (request.deadlineMs ?? defaultProgramMs) + answerMs;
    const check = ({ stdoutBytes, stderrBytes }: { stdoutBytes: number; stderrBytes: number }, output: Buffer) =>
      (stdoutBytes + stderrBytes === output.length ? undefined : `${output.length} bytes of output where ${stdoutBytes} and ${stderrBytes} are declared`);
    const stop = new AbortController();
    this.#running.add(stop);
    try {
      const { result, body } = await this.#link.call('runProgram', request, { timeoutMs, lingerMs, isRepeatable: false, check }, AbortSignal.any([signal, stop.signal]));
      return { ...result, stdout: body.subarray(0, result.stdoutBytes), stderr: body.subarray(result.stdoutBytes) };
    } finally {
      this.#running.delete(stop);
    }
  }

  /**
   * Raises the control epoch and stops the programs that run for an older one. Hands of version 1 know no epoch: what
   * `runProgram` has running is cancelled one by one there, and nothing is said of it.
   */
  async setEpoch(epoch: number, stopPrograms: boolean, signal: AbortSignal): Promise<readonly Stopped[]> {
    if ((await this.#link.connect(signal)).version >= 2) return (await this.#link.call('setEpoch', { epoch, stopPrograms }, { ...answer, isRepeatable: true }, signal)).result.stopped;
    if (stopPrograms) for (const stop of this.#running) stop.abort(new VitrineError('stale_epoch', `control passed to epoch ${epoch}: the program was stopped`));
    return [];
  }

  async listProcesses(signal: AbortSignal): Promise<ResultOf<HandsMethods, 'listProcesses'>['processes']> {
    return (await this.#link.call('listProcesses', {}, { ...answer, isRepeatable: true }, signal)).result.processes;
  }

  /** Ends one process; refused with `conflict` if the number means another command by now. */
  async endProcess(pid: number, command: string, epoch: Epoch, signal: AbortSignal): Promise<void> {
    await this.#link.call('endProcess', { pid, command, epoch }, { ...answer, isRepeatable: false }, signal);
  }

  async openProgram(argv: readonly string[], epoch: Epoch, signal: AbortSignal): Promise<{ readonly pid: number }> {
    return (await this.#link.call('openProgram', { argv: [...argv], epoch }, { ...answer, isRepeatable: false }, signal)).result;
  }
}

/** Opens a file. The request is seen through even when the caller gives up meanwhile, so that its handle can be given back. */
async function open(hands: Hands, params: ParamsOf<HandsMethods, 'openFile'>, signal: AbortSignal): Promise<{ readonly handle: number; readonly size: number }> {
  const { result } = await hands.call('openFile', params, answer, AbortSignal.timeout(answerMs));
  if (!signal.aborted) return result;
  discard(hands, result.handle);
  throw signal.reason;
}

async function* readChunks(hands: Hands, file: OpenFile & { readonly size: number }, finish: () => void, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for (let offset = 0; offset < file.size;) {
      const length = Math.min(limits.maxChunkBytes, file.size - offset);
      const check = (_: object, body: Buffer) => (body.length > length ? `${body.length} bytes where ${length} were asked for` : undefined);
      const { body } = await hands.call('readFile', { handle: file.handle, offset, length }, { ...answer, check }, signal);
      if (body.length === 0) throw new VitrineError('conflict', `${file.path} became shorter while it was read: ${offset} of ${file.size} bytes were there`);
      offset += body.length;
      yield body;
    }
  } finally {
    finish();
  }
}

async function writeChunks(hands: Hands, file: OpenFile, content: AsyncIterable<Uint8Array>, maxBytes: number, signal: AbortSignal): Promise<number> {
  let offset = 0;
  for await (const piece of content) {
    for (let start = 0; start < piece.length; start += limits.maxChunkBytes) {
      const body = piece.subarray(start, start + limits.maxChunkBytes);
      if (offset + body.length > maxBytes) throw new VitrineError('payload_too_large', `${file.path} would exceed the limit of ${maxBytes} bytes for one file`);
      const check = ({ written }: { written: number }) => (written === body.length ? undefined : `${written} bytes written where ${body.length} were sent`);
      await hands.call('writeFile', { handle: file.handle, offset }, { ...answer, body, check }, signal);
      offset += body.length;
    }
  }
  return offset;
}

/** Gives a handle back in the background, and what was written with it up; one whose connection has ended is closed already. */
function discard(hands: Hands, handle: number): void {
  hands.call('closeFile', { handle, commit: false }, answer, AbortSignal.timeout(answerMs)).catch(() => {});
}
