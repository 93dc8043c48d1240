import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { maxHelloBytes, readServerName } from './client-hello.ts';
import { canonicalHost } from './host-name.ts';
import { GateCut, idleTimer, meter } from './meter.ts';
import type { Traffic } from './meter.ts';

/** Bytes of one connection. */
export type Passed = { up: number; down: number };

const helloMs = 10_000;

/**
 * Waits for the client's first TLS message and makes sure that it names the host it asked the gate for. Resolves with
 * the bytes read so far, of which none has been passed on. Rejects with GateCut.
 */
export async function peekServerName(client: Duplex, host: string): Promise<Buffer> {
  const late = new AbortController();
  const timedOut = delay(helloMs, undefined, { signal: late.signal }).then(() => Promise.reject(new GateCut(`the client sent no TLS greeting within ${helloMs} ms`)));
  try {
    return await Promise.race([readGreeting(client, host), timedOut]);
  } finally {
    late.abort();
    timedOut.catch(() => {}); // Stopped: nobody waits for it any more.
  }
}

async function readGreeting(client: Duplex, host: string): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of client.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    const found = readServerName(bytes);
    if (found.kind === 'more' && bytes.length <= maxHelloBytes) continue;
    if (found.kind === 'name' && found.name.toLowerCase().replace(/\.$/, '') === host) return bytes;
    throw new GateCut(greetingProblem(found, host));
  }
  throw new GateCut('the client ended before its TLS greeting');
}

function greetingProblem(found: ReturnType<typeof readServerName>, host: string): string {
  if (found.kind === 'name') {
    // Only what is a host's name is repeated: this sentence reaches the model, and the desktop must not put words into it.
    const named = canonicalHost(found.name);
    return `TLS names ${'host' in named ? named.host : 'something that is no host'}, but the gate was asked for ${host}`;
  }
  return found.kind === 'none' ? 'TLS names no server' : 'this is not TLS, which port 443 is for';
}

export type TunnelOptions = { readonly traffic: Traffic; readonly passed: Passed; readonly idleMs: number; /** What was read from the client already. */ readonly head: Buffer };

/** Joins both ends until both have ended. Rejects with GateCut when a budget is used up or nothing passes for `idleMs`. */
export async function joinStreams(client: Duplex, target: Socket, { traffic, passed, idleMs, head }: TunnelOptions): Promise<void> {
  let isIdle = false;
  const idle = idleTimer(idleMs, () => {
    isIdle = true;
    target.destroy();
  });
  const count = (direction: 'up' | 'down') => meter(traffic, direction, (bytes) => {
    passed[direction] += bytes;
    idle.touch();
  });
  const up = count('up');
  if (head.length > 0) up.write(head);
  try {
    await Promise.all([pipeline(client, up, target), pipeline(target, count('down'), client)]);
  } catch (error) {
    const cut = isIdle ? new GateCut(`nothing passed for ${idleMs} ms`, { cause: error }) : error;
    // With an error, so that the other end learns that this was no ordinary end.
    client.destroy(cut instanceof Error ? cut : undefined);
    throw cut;
  } finally {
    idle.stop();
    target.destroy();
  }
}
