import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followEvents } from '../../controller/console/api/events.ts';
import type { StreamState } from '../../controller/console/api/events.ts';
import type { RunEvent } from '../../controller/runs/run-event.ts';
import { startFakeApi, testToken } from '../support/fake-api.ts';
import { sampleRun } from '../support/sample-run.ts';
import { waitFor } from '../support/wait-for.ts';
import { startCutProxy } from './support/cut-proxy.ts';

describe('followEvents', () => {
  it('hands over every event once, however often the connection is cut in the middle of it', async () => {
    await using api = await startFakeApi();
    await using proxy = await startCutProxy(api.port);
    api.runs.runs.set('run-1', sampleRun('run-1'));
    const say = () => api.runs.tell('run-1', { type: 'note.added', from: 'vitrine', by: 'test', text: 'x'.repeat(3000), frameId: null });
    for (let count = 0; count < 50; count += 1) say();
    const seen: number[] = [];
    const states: StreamState['kind'][] = [];
    const stream = followEvents<RunEvent>({
      url: `${proxy.url}/api/events`, after: 20, headers: { authorization: `Bearer ${testToken}` }, firstDelayMs: 10,
      onEvent: ({ sequence }) => seen.push(sequence), onState: ({ kind }) => states.push(kind),
    });
    try {
      for (let round = 0; round < 8; round += 1) {
        const target = api.runs.journal.length;
        await waitFor('what was said is heard', () => seen.at(-1) === target);
        for (let count = 0; count < 40; count += 1) say();
        proxy.cut();
        for (let count = 0; count < 40; count += 1) say();
        proxy.mend();
      }
      await waitFor('everything is heard', () => seen.at(-1) === api.runs.journal.length);
      assert.deepEqual(seen, Array.from({ length: api.runs.journal.length - 20 }, (_, index) => index + 21));
      assert.equal(stream.last, api.runs.journal.length);
      assert.ok(states.filter((kind) => kind === 'reconnecting').length >= 8 && states.at(-1) === 'live', states.join(' '));
    } finally {
      stream.close();
    }
  });

  it('counts a connection that says nothing as lost, and waits longer with each failure', async () => {
    await using api = await startFakeApi();
    const states: StreamState[] = [];
    const stream = followEvents({ url: `${api.url}/api/events`, after: 0, headers: { authorization: `Bearer ${testToken}` }, silenceMs: 60, firstDelayMs: 10, onEvent: () => undefined, onState: (state) => states.push(state) });
    try {
      await waitFor('it was live and lost twice', () => states.filter(({ kind }) => kind === 'reconnecting').length >= 2);
      assert.deepEqual(states.slice(0, 4).map(({ kind }) => kind), ['connecting', 'live', 'reconnecting', 'live']);
    } finally {
      stream.close();
    }
    const failing: StreamState[] = [];
    await using proxy = await startCutProxy(api.port);
    proxy.cut();
    const hopeless = followEvents({ url: `${proxy.url}/api/events`, after: 0, firstDelayMs: 8, onEvent: () => undefined, onState: (state) => failing.push(state) });
    try {
      const lost = await waitFor('it failed five times', () => { const found = failing.filter((state) => state.kind === 'reconnecting'); return found.length >= 5 && found; });
      assert.deepEqual(lost.slice(0, 5).map(({ attempts }) => attempts), [1, 2, 3, 4, 5]);
      assert.ok(lost.every(({ since }) => since === lost[0]?.since), 'it is lost since the first failure');
    } finally {
      hopeless.close();
    }
  });

  it('ends when the server refuses it', async () => {
    await using api = await startFakeApi();
    const states: StreamState[] = [];
    followEvents({ url: `${api.url}/api/events`, after: 0, onEvent: () => undefined, onState: (state) => states.push(state) });
    await waitFor('it was refused', () => states.some((state) => state.kind === 'refused' && state.status === 401));
  });
});
