import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, it } from 'node:test';
import { eventStream } from '../../controller/api/event-stream.ts';
import { createClient } from '../../controller/cli/client.ts';
import { follow } from '../../controller/cli/follow.ts';
import { startFakeApi, testToken } from '../support/fake-api.ts';
import { waitFor } from '../support/wait-for.ts';

const by = { name: 'first-token', project: 'default' };
const note = (text: string) => ({ type: 'note.added' as const, from: 'person' as const, by: 'x', text, frameId: null });

/** Reads a stream until its end, or until `enough` ids were seen. */
async function read(response: Response, enough = Infinity): Promise<{ ids: number[]; text: string }> {
  const ids: number[] = [];
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    ids.length = 0;
    ids.push(...[...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1])));
    if (ids.length >= enough) break;
  }
  return { ids, text };
}

describe('the event stream of a run', () => {
  it('gives what has happened and what happens, and ends with the run', async () => {
    await using api = await startFakeApi();
    const run = api.runs.create({ task: 'x' } as never, by);
    api.runs.tell(run.id, note('before'));
    const response = await api.ask(`/api/runs/${run.id}/events`, { headers: { accept: 'text/event-stream' } });
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const reading = read(response);
    await waitFor('the stream listens', () => api.runs.listeners > 0);
    api.runs.tell(run.id, note('line\nbreak'));
    api.runs.end(run.id, 'succeeded', 'done');
    const { ids, text } = await reading;
    assert.deepEqual(ids, [1, 2, 3, 4]);
    assert.match(text, /^event: note\.added$/m);
    assert.match(text, /line\\nbreak/);
    assert.equal(api.runs.listeners, 0, 'nothing goes on listening');
  });

  it('goes on after Last-Event-ID without a gap or a double, whatever else goes on', async () => {
    await using api = await startFakeApi();
    const run = api.runs.create({ task: 'x' } as never, by);
    const other = api.runs.create({ task: 'y' } as never, by);
    const path = `/api/runs/${run.id}/events`;
    const expected: number[] = [1];
    const seen: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      api.runs.tell(other.id, note('elsewhere'));
      api.runs.tell(run.id, note(`a${round}`));
      expected.push(api.runs.journal.length);
      const response = await api.ask(`${path}?after=0`, { headers: { accept: 'text/event-stream', 'last-event-id': String(seen.at(-1) ?? 0) } });
      seen.push(...(await read(response, 1)).ids.slice(0, 1 + (round % 2)));
    }
    api.runs.end(run.id, 'failed');
    expected.push(api.runs.journal.length);
    seen.push(...(await read(await api.ask(path, { headers: { accept: 'text/event-stream', 'last-event-id': String(seen.at(-1)) } }))).ids);
    assert.deepEqual(seen, expected);
    const over = await api.ask(path, { headers: { accept: 'text/event-stream', 'last-event-id': String(expected.at(-1)) } });
    assert.equal(over.status, 204, 'an EventSource does not come back');
  });

  it('reads more events than fit a page, in order', async () => {
    await using api = await startFakeApi();
    const run = api.runs.create({ task: 'x' } as never, by);
    for (let count = 0; count < 1000; count += 1) api.runs.tell(run.id, note(String(count)));
    api.runs.end(run.id, 'succeeded');
    const { ids } = await read(await api.ask(`/api/runs/${run.id}/events`, { headers: { accept: 'text/event-stream' } }));
    assert.deepEqual(ids, Array.from({ length: 1002 }, (_, index) => index + 1));
    const page = await (await api.ask(`/api/runs/${run.id}/events?after=1&limit=10`)).json() as { events: { sequence: number }[]; next: number };
    assert.deepEqual([page.events.map(({ sequence }) => sequence)[0], page.events.length, page.next], [2, 10, 11]);
  });

  it('refuses a Last-Event-ID that is none', async () => {
    await using api = await startFakeApi();
    assert.equal((await api.ask('/api/events', { headers: { accept: 'text/event-stream', 'last-event-id': 'x' } })).status, 400);
  });

  it('says that it is still there when nothing happens', async () => {
    await using api = await startFakeApi();
    const run = api.runs.create({ task: 'x' } as never, by);
    const stop = new AbortController();
    const chunks = eventStream(api.runs, { runId: run.id, after: 1, keepAliveMs: 5 }, by, stop.signal);
    assert.equal((await chunks.next()).value, 'retry: 2000\n\n');
    assert.equal((await chunks.next()).value, ': still here\n\n');
    stop.abort();
    assert.equal((await chunks.next()).done, true);
  });
});

describe('the event stream of all runs', () => {
  it('is one sequence over all of them, and ends when the server closes or the client goes', async () => {
    const api = await startFakeApi();
    const first = api.runs.create({ task: 'x' } as never, by);
    const second = api.runs.create({ task: 'y' } as never, by);
    const left = new AbortController();
    const leaving = await fetch(`${api.url}/api/events`, { headers: { accept: 'text/event-stream', authorization: `Bearer ${testToken}` }, signal: left.signal });
    const reading = read(await api.ask('/api/events', { headers: { accept: 'text/event-stream' } }));
    await waitFor('both streams listen', () => api.runs.listeners === 2);
    left.abort();
    await waitFor('the stream of a client that has gone ends', () => api.runs.listeners === 1);
    assert.equal(leaving.status, 200);
    api.runs.tell(second.id, note('b'));
    api.runs.tell(first.id, note('a'));
    await waitFor('told', () => api.runs.journal.length === 4);
    await api.server.close(10_000);
    assert.deepEqual((await reading).ids, [1, 2, 3, 4]);
    assert.equal(api.runs.listeners, 0);
  });
});

describe('follow', () => {
  it('goes on after a connection that was cut, without a gap or a double', async () => {
    await using api = await startFakeApi();
    await using link = await startLink(api.port);
    const run = api.runs.create({ task: 'x' } as never, by);
    const seen: number[] = [];
    const following = (async () => {
      for await (const event of follow(createClient(link.url, testToken), { runId: run.id }, AbortSignal.timeout(10_000))) seen.push(event.sequence);
    })();
    await waitFor('the first event arrives', () => seen.length === 1);
    link.cut();
    api.runs.tell(run.id, note('while nobody listened'));
    await waitFor('it comes back', () => seen.length === 2);
    api.runs.end(run.id, 'succeeded');
    await following;
    assert.deepEqual(seen, [1, 2, 3]);
  });
});

/** A TCP link to a port that can be cut. */
async function startLink(port: number) {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      open.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
