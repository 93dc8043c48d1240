import type { Duplex } from 'node:stream';

/**
 * Collects what a program writes to its stream until it ends or `maxBytes` are there, keeping the last bytes. The
 * stream is destroyed at the end. Never rejects: what was read until a failure is the answer.
 */
export async function readProgramOutput(stream: Duplex, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  let output: Buffer = Buffer.alloc(0);
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) return output;
    for await (const chunk of stream) output = Buffer.concat([output, Buffer.from(chunk)]).subarray(-maxBytes);
  } catch {
    // The program or its container ended early: what came until then is all there is.
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
  return output;
}
