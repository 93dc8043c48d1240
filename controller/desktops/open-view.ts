import type { Duplex } from 'node:stream';
import type { ViewMode } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { Launcher } from '../launcher/launcher.ts';
import type { ShimClient } from './shim-client.ts';

/** Where a view is opened, and the control epoch that input belongs to. */
export type ViewSource = { readonly launcher: Launcher; readonly containerId: string; readonly desktopId: string; readonly shim: Pick<ShimClient, 'startView'>; readonly epoch: () => number };

/** What an RFB server of version 3.8 says first. */
const greeting = 'RFB 003.008\n';
const greetingMs = 5000;
/** A server that nobody watched any more may end between two steps. */
const tries = 2;

/**
 * Starts the view server if it does not run, and connects to it; resolves when it has greeted, with the greeting still to
 * be read. Rejects with `unavailable` when it does not, `desktop_broken` when something else answers.
 */
export async function openView(source: ViewSource, mode: ViewMode, signal: AbortSignal): Promise<Duplex> {
  for (let left = tries - 1; ; left -= 1) {
    await source.shim.startView(mode, mode === 'control' ? source.epoch() : undefined, signal);
    const stream = await source.launcher.openStream(source.containerId, mode, signal);
    stream.on('error', () => {}); // between here and whoever carries it on
    try {
      await greeted(stream, source.desktopId, signal);
      return stream;
    } catch (error) {
      stream.destroy();
      if (left === 0 || !(error instanceof VitrineError) || error.code !== 'unavailable') throw error;
    }
  }
}

async function greeted(stream: Duplex, desktopId: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const late = setTimeout(() => reject(new VitrineError('unavailable', `the live view of desktop ${desktopId} did not answer within ${greetingMs} ms`)), greetingMs);
  const onAbort = () => reject(signal.reason);
  const onReadable = () => {
    const first = stream.read(greeting.length) as Buffer | null;
    if (first !== null) resolve(first);
  };
  const onEnd = () => reject(new VitrineError('unavailable', `the live view of desktop ${desktopId} closed the connection`));
  stream.on('readable', onReadable).once('end', onEnd).once('error', reject);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    const first = await promise;
    if (first.toString('latin1') !== greeting) throw new VitrineError('desktop_broken', `the live view of desktop ${desktopId} does not begin as an RFB server does`);
    stream.unshift(first);
  } finally {
    clearTimeout(late);
    stream.off('readable', onReadable).off('end', onEnd).off('error', reject);
    signal.removeEventListener('abort', onAbort);
  }
}
