import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, describe } from 'node:test';
import type { RunEvent } from '../../controller/runs/run-event.ts';
import { waitFor } from '../support/wait-for.ts';
import { row } from './matrix/matrix.ts';
import { click } from './matrix/planned-vendor.ts';
import { World } from './matrix/world.ts';

describe('the fault matrix: clients of the API', () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world[Symbol.asyncDispose]());

  const clicks = (count: number) => Array.from({ length: count }, () => ({ actions: [click()] }));

  /** An event stream whose answer has begun; nothing is read of it yet. */
  async function stream(path: string, lastEventId = 0): Promise<IncomingMessage> {
    const asking = request(`${world.controller.url}${path}`, { headers: { ...world.controller.headers, accept: 'text/event-stream', 'last-event-id': String(lastEventId) } });
    asking.on('error', () => {}); // cut by the test
    asking.end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    return answer;
  }

  /** Reads sequence numbers until the stream ends, or until `enough` of them are there: then it is cut in the middle. */
  async function sequences(answer: IncomingMessage, enough = Number.POSITIVE_INFINITY): Promise<number[]> {
    const seen: number[] = [];
    let rest = '';
    for await (const chunk of answer.setEncoding('utf8')) {
      const blocks = `${rest}${String(chunk)}`.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const id = /^id: (\d+)$/m.exec(block)?.[1];
        if (id !== undefined && seen.length < enough) seen.push(Number(id));
      }
      if (seen.length >= enough) break;
    }
    return seen;
  }

  async function listed(runId: string): Promise<number[]> {
    return (await world.controller.events(runId)).map(({ sequence }: RunEvent) => sequence);
  }

  row('a reader of events is cut and comes back', () => world, async () => {
    const run = await world.give(clicks(8), { on: await world.desktop() });
    const seen: number[] = [];
    for (let cuts = 0; ; cuts += 1) {
      const more = await sequences(await stream(`/api/runs/${run.id}/events`, seen.at(-1) ?? 0), 7);
      seen.push(...more);
      if (more.length < 7) {
        assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
        assert.deepEqual(seen, await listed(run.id));
        return `cut ${cuts} times: ${seen.length} events, none missing, none twice`;
      }
    }
  });

  row('a reader of events is slow', () => world, async () => {
    const desktop = await world.desktop();
    const slow = await stream('/api/events');
    const run = await world.give(clicks(12), { on: desktop });
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    const own = await listed(run.id);
    const seen: number[] = [];
    await readUntil(slow, own.at(-1) ?? 0, seen);
    assert.deepEqual(seen.filter((sequence) => own.includes(sequence)), own);
    return `read nothing until the run was over: ${own.length} events, none missing, none twice`;
  });

  row('clients that neither read nor go', () => world, async () => {
    const run = await world.give(clicks(4), { on: await world.desktop() });
    const { hostname, port } = new URL(world.controller.url);
    const dead = await Promise.all(Array.from({ length: 100 }, async (): Promise<Socket> => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {}); // destroyed below
      await once(socket, 'connect');
      socket.pause();
      socket.write(`GET /api/events HTTP/1.1\r\nhost: ${hostname}:${port}\r\naccept: text/event-stream\r\nauthorization: ${world.controller.headers['authorization']}\r\n\r\n`);
      return socket;
    }));
    const begunAt = performance.now();
    assert.equal((await world.controller.request('GET', '/healthz')).status, 200);
    const ms = Math.round(performance.now() - begunAt);
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    for (const socket of dead) socket.destroy();
    assert.ok(ms < 5000, `${ms} ms`);
    return `100 half-open streams; /healthz in ${ms} ms, the run ended well`;
  });

  row('a caller goes while its actions are performed', () => world, async () => {
    const desktop = await world.desktop();
    const actions = Array.from({ length: 20 }, () => click());
    const gone = new AbortController();
    const asking = fetch(`${world.controller.url}/api/desktops/${desktop.id}/actions`, {
      method: 'POST', headers: { ...world.controller.headers, 'content-type': 'application/json' }, body: JSON.stringify({ actions, capture: null }), signal: gone.signal,
    }).catch(() => undefined);
    await waitFor('some actions are performed', async () => (await desktop.count('press')) > 2);
    gone.abort();
    await asking;
    const answer = await world.controller.post<{ runId: string }>(`/api/desktops/${desktop.id}/actions`, { actions: [click()], capture: null });
    world.watch(answer.runId);
    const performed = (await desktop.events()).filter(({ event }) => event === 'press').length;
    assert.ok(performed >= 3 && performed <= 21, `${performed} clicks`);
    return `${performed - 1} of 20 were performed, each once; the next request came after them`;
  });
});

/** Reads a stream of all events until it has come so far. */
async function readUntil(answer: IncomingMessage, last: number, seen: number[]): Promise<void> {
  for await (const chunk of answer.setEncoding('utf8')) {
    for (const match of String(chunk).matchAll(/^id: (\d+)$/gm)) seen.push(Number(match[1]));
    if ((seen.at(-1) ?? 0) >= last) return;
  }
}
