import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { limits, WireError } from '../wire/index.ts';
import type { XServer } from './x-server.ts';

/** An owner of the clipboard that does not hand it over within this time counts as stuck. */
const deadlineMs = 3000;
const lookEveryMs = 5;

/** The desktop's clipboard as exact UTF-8. */
export type Clipboard = Disposable & {
  /** The text; empty when there is none. Rejects with WireError `limit_exceeded` or `deadline_exceeded`. */
  read(signal: AbortSignal): Promise<string>;
  /** Replaces the text; resolved once the clipboard has its new owner. */
  write(text: string, signal: AbortSignal): Promise<void>;
};

/** A clipboard through xclip. The process that owns a text written is ours, and ends when somebody else takes the clipboard. */
export function createClipboard(server: XServer, env: NodeJS.ProcessEnv): Clipboard {
  let owner: ChildProcess | undefined;
  return {
    async read(signal) {
      if ((await server.selectionOwner(await server.atom('CLIPBOARD'))) === 0) return '';
      return await readSelection(env, signal);
    },
    async write(text, signal) {
      const bytes = Buffer.byteLength(text);
      if (bytes > limits.maxClipboardBytes) throw new WireError('limit_exceeded', `clipboard text of ${bytes} bytes; the limit is ${limits.maxClipboardBytes}`);
      const clipboard = await server.atom('CLIPBOARD');
      const before = await server.selectionOwner(clipboard);
      const child = spawn('xclip', ['-quiet', '-i', '-selection', 'clipboard', '-t', 'UTF8_STRING'], { env, stdio: ['pipe', 'ignore', 'ignore'] });
      child.on('error', () => undefined); // seen below as an owner that never changes
      child.stdin.on('error', () => undefined);
      child.stdin.end(text);
      const deadline = performance.now() + deadlineMs;
      for (;;) {
        const now = await server.selectionOwner(clipboard);
        if (now !== 0 && now !== before) break;
        if (performance.now() > deadline || signal.aborted) {
          child.kill('SIGKILL');
          throw signal.aborted ? new WireError('cancelled', 'the clipboard was not set') : new WireError('deadline_exceeded', `the clipboard has no new owner after ${deadlineMs} ms`);
        }
        await pause(lookEveryMs);
      }
      owner?.kill('SIGKILL');
      owner = child;
    },
    [Symbol.dispose]: () => void owner?.kill('SIGKILL'),
  };
}

async function readSelection(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const child = spawn('xclip', ['-o', '-selection', 'clipboard', '-t', 'UTF8_STRING'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    const ended = new Promise<{ code: number | null }>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code }));
    });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limits.maxClipboardBytes) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    const { code } = await ended;
    if (size > limits.maxClipboardBytes) throw new WireError('limit_exceeded', `the clipboard holds more than ${limits.maxClipboardBytes} bytes`);
    if (signal.aborted) throw new WireError('cancelled', 'the clipboard was not read');
    if (code === null) throw new WireError('deadline_exceeded', `the owner of the clipboard has not answered for ${deadlineMs} ms`);
    return code === 0 ? Buffer.concat(chunks).toString('utf8') : ''; // xclip exits 1 when the owner offers no text
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
