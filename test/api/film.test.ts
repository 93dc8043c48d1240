import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Film } from '../../controller/api/replay/film-shape.ts';
import { filmOf } from '../../controller/api/replay/film.ts';
import { RunEvent } from '../../controller/runs/run-event.ts';
import type { RunFact } from '../../controller/runs/run-event.ts';
import { startFakeApi } from '../support/fake-api.ts';
import { sampleApproval, sampleHistory, sampleRun } from '../support/sample-run.ts';

const began = sampleRun('r-1').createdAt;
const stretches = (lane: Film['control']) => lane.map(({ from, to, holder, who }) => [holder, from - began, to - began, ...(who === null ? [] : [who])]);
const told = (facts: readonly (readonly [number, RunFact])[]) => facts.map(([afterMs, fact], index) => RunEvent.parse({ sequence: index + 1, runId: 'r-1', at: began + afterMs, fact }));

describe('the beats of a film', async () => {
  const { run, events } = sampleHistory('r-1');
  const film = await filmOf(run, events);

  it('show an action twice where it changed the screen: as it was sent and as it ended', () => {
    const shown = film.beats.filter(({ scene }) => film.scenes[scene]?.kind === 'action').map(({ phase, frameId, at }) => [phase, frameId, at - began]);
    assert.deepEqual(shown.slice(0, 5), [['before', 'f1', 2180], ['after', 'f2', 2300], ['before', 'f2', 2680], ['before', 'f2', 4280], ['after', 'f3', 4400]]);
  });

  it('never go back in time, and each names the event that it tells of', () => {
    assert.ok(film.beats.every(({ at }, index) => at >= (film.beats[index - 1]?.at ?? 0)));
    const bySequence = new Map(events.map((event) => [event.sequence, event]));
    const wrong = film.scenes.filter(({ sequence, at }) => bySequence.get(sequence)?.at !== at);
    assert.deepEqual(wrong, []);
  });

  it('name only frames that the film describes', () => {
    const missing = film.beats.filter(({ frameId }) => frameId !== null && film.frames[frameId] === undefined);
    assert.deepEqual(missing, []);
  });
});

describe('the lanes of a film', () => {
  it('say who had the desktop and what was waited for, from the first event to the end without a gap', async () => {
    const { run, events } = sampleHistory('r-1');
    const { control, states } = await filmOf(run, events);
    assert.deepEqual(stretches(control), [['vitrine', 0, 930], ['agent', 930, 6000], ['waiting', 6000, 13_000], ['paused', 13_000, 14_000], ['waiting', 14_000, 18_020], ['vitrine', 18_020, 18_020]]);
    for (const lane of [control, states]) assert.ok(lane.every(({ from }, index) => index === 0 || from === lane[index - 1]?.to));
    assert.deepEqual(states.map(({ state }) => state), ['queued', 'preparing', 'awaitingModel', 'awaitingSafetyAck', 'succeeded']);
  });

  it('name the person, and show a question of the network as waiting while the run\'s state does not', async () => {
    const question = sampleApproval('ap-1', 'r-1', { kind: 'network' });
    const { control } = await filmOf(sampleRun('r-1'), told([
      [0, { type: 'state.changed', from: 'deciding', to: 'awaitingModel', control: 'agent' }],
      [1000, { type: 'approval.opened', approval: question }],
      [2000, { type: 'approval.ended', approval: { ...question, state: 'denied', decidedAt: began + 2000 } }],
      [3000, { type: 'control.changed', control: 'operator', epoch: 2, by: 'ada' }],
      [4000, { type: 'control.changed', control: 'operator', epoch: 3, by: 'grace' }],
      [5000, { type: 'control.changed', control: 'agent', epoch: 4, by: 'grace' }],
      [6000, { type: 'clock.jumped', driftMs: 1 }],
    ]));
    assert.deepEqual(stretches(control), [['agent', 0, 1000], ['waiting', 1000, 2000], ['agent', 2000, 3000], ['person', 3000, 4000, 'ada'], ['person', 4000, 5000, 'grace'], ['agent', 5000, 6000]]);
  });

  it('end where the run stands, while it goes on', async () => {
    const { events } = sampleHistory('r-1');
    const upTo = events.slice(0, 12);
    const { control, beats } = await filmOf(sampleRun('r-1', { state: 'executingAction' }), upTo);
    assert.equal(control.at(-1)?.to, upTo.at(-1)?.at);
    assert.ok(beats.length > 0);
  });
});

describe('GET /api/runs/{id}/film', () => {
  it('answers with the film as its shape promises, and with not_found for another project\'s run', async () => {
    await using api = await startFakeApi();
    const { run, events } = sampleHistory('r-1');
    api.runs.runs.set('r-1', run);
    api.runs.journal.push(...events);
    const film = Film.parse(await (await api.ask('/api/runs/r-1/film')).json());
    assert.deepEqual(film, JSON.parse(JSON.stringify(await filmOf(run, events))));
    assert.equal((await api.ask('/api/runs/r-2/film')).status, 404);
  });
});
