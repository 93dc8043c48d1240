import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RunEvent } from '../../controller/runs/run-event.ts';
import { followShared } from '../../controller/console/api/shared-events.ts';
import type { SharedEvents } from '../../controller/console/api/shared-events.ts';
import { startFakeApi, testToken } from '../support/fake-api.ts';
import { sampleRun } from '../support/sample-run.ts';
import { waitFor } from '../support/wait-for.ts';

describe('followShared', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  const tabs: SharedEvents[] = [];
  before(async () => {
    api = await startFakeApi();
    api.runs.runs.set('run-1', sampleRun('run-1'));
  });
  after(async () => {
    for (const tab of tabs) tab.close();
    await api[Symbol.asyncDispose]();
  });

  const say = (count: number) => {
    for (let one = 0; one < count; one += 1) api.runs.tell('run-1', { type: 'note.added', from: 'vitrine', by: 'test', text: 'x', frameId: null });
  };
  const openTab = (name: string) => {
    const seen: number[] = [];
    const states: string[] = [];
    const headers = { authorization: `Bearer ${testToken}` };
    const tab = followShared<RunEvent>({
      name, url: `${api.url}/api/events`, headers,
      begin: async () => api.runs.journal.length,
      after: async (sequence) => ((await (await fetch(`${api.url}/api/events?after=${sequence}`, { headers })).json()) as { events: RunEvent[] }).events.map((event) => ({ sequence: event.sequence, event })),
      onEvent: (_event, sequence) => seen.push(sequence), onState: ({ kind }) => states.push(kind),
    });
    tabs.push(tab);
    return { tab, seen, states };
  };
  const from = (first: number) => Array.from({ length: api.runs.journal.length - first }, (_, index) => first + index + 1);

  it('is one connection for all tabs; each gets every event once, and another takes over when one is closed', async () => {
    const first = openTab('shared');
    await waitFor('it is live', () => first.states.at(-1) === 'live');
    const began = api.runs.journal.length;
    const others = [openTab('shared'), openTab('shared'), openTab('shared')];
    await Promise.all(others.map(({ tab }) => tab.begun));
    await waitFor('the others know that it is live', () => others.every(({ states }) => states.at(-1) === 'live'));
    assert.equal(api.runs.listeners, 1);
    say(50);
    await waitFor('all have heard', () => [first, ...others].every(({ seen }) => seen.length === 50));
    for (const { seen } of [first, ...others]) assert.deepEqual(seen, from(began));
    first.tab.close();
    say(50);
    const late = openTab('shared');
    const lateBegan = api.runs.journal.length;
    await late.tab.begun;
    say(50);
    await waitFor('those that are left have heard', () => others.every(({ seen }) => seen.at(-1) === api.runs.journal.length) && late.seen.at(-1) === api.runs.journal.length);
    for (const { seen } of others) assert.deepEqual(seen, from(began));
    assert.deepEqual(late.seen, from(lateBegan));
    await waitFor('there is one connection again', () => api.runs.listeners === 1);
  });

  it('shares nothing between people', async () => {
    const [one, other] = [openTab('of one'), openTab('of another')];
    await waitFor('both are live', () => one.states.at(-1) === 'live' && other.states.at(-1) === 'live');
    assert.ok(api.runs.listeners >= 2);
  });

  it('catches up on what a sleeping tab did not hear, and hears nothing twice', async () => {
    const leader = openTab('sleepy');
    await waitFor('it is live', () => leader.states.at(-1) === 'live');
    const sleeper = openTab('sleepy');
    await sleeper.tab.begun;
    const began = sleeper.tab.last;
    say(20);
    await sleeper.tab.catchUp();
    await waitFor('all is heard', () => sleeper.seen.length >= 20 && leader.seen.length >= 20);
    say(1);
    await waitFor('the next is heard', () => sleeper.seen.length >= 21);
    assert.deepEqual(sleeper.seen, from(began));
  });
});
