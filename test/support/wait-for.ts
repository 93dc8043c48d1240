import { setTimeout as pause } from 'node:timers/promises';

/** Polls until `look` gives something other than undefined or false. Rejects after `timeoutMs`, naming `what`. */
export async function waitFor<Value>(what: string, look: () => Value | undefined | false | Promise<Value | undefined | false>, timeoutMs = 10_000): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(20);
  }
}
