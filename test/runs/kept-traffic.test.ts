import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { GateDecision } from '../../controller/gate/gate.ts';
import type { GateOwner, Gates } from '../../controller/gate/gates.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const decision: GateDecision = { host: 'good.org', port: 443, kind: 'connect', verdict: 'allowed', rule: 'good.org:443', reason: null, isQuiet: false, address: '93.184.215.14', bytesUp: 10, bytesDown: 2000, ms: 1 };

/** Gates without a network: what they were opened with, and bytes as a test says. */
function heldGates() {
  const owners: GateOwner[] = [];
  const passed = { up: 0, down: 0 };
  const gates: Gates = {
    open: (_id, owner) => {
      Object.assign(passed, owner.spent ?? { up: 0, down: 0 });
      owners.push(owner);
    },
    change: () => {}, traffic: () => (owners.length === 0 ? undefined : { ...passed }), close: () => {}, closeAll: () => {},
  };
  return { gates, owners, passed };
}

describe('what passed through a run\'s gate', () => {
  it('is known after a restart, counts against its budget, and is known when the run is over', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-traffic-'));
    const desktops = fakeDesktops();
    const { promise: answer, resolve } = Promise.withResolvers<ReturnType<typeof turnWith>>();
    const life = (model: ReturnType<typeof scriptedModel>) => {
      const journal = openJournal(folder);
      const held = heldGates();
      const runs = createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), gates: held.gates, maxDesktops: 2, maxQueued: 10, startsClosed: true, makeBriefing: () => ({ version: 'test', text: '' }) });
      return { ...held, runs, journal };
    };
    try {
      const first = life(scriptedModel([answer]));
      first.runs.letIn();
      const network = { mode: 'allow' as const, allow: [{ host: 'good.org', ports: [443] }], maxUpBytes: 1000, maxDownBytes: 5000 };
      const run = first.runs.create(RunRequest.parse({ task: 'go', network }), ann);
      const owner = await waitFor('the gate is opened', () => first.owners[0]);
      assert.deepEqual(owner.spent, { up: 0, down: 0 });
      owner.onDecision(decision);
      owner.onDecision({ ...decision, host: 'update.googleapis.com', verdict: 'refused', rule: 'browser', isQuiet: true, bytesUp: 0, bytesDown: 0 });
      Object.assign(first.passed, { up: 60, down: 2300 });
      const seen = first.runs.network(run.id, ann);
      assert.deepEqual([seen.hosts.length, seen.quiet], [1, 1]);
      await first.runs.close(0);
      owner.onDecision(decision);
      first.journal.close();

      const second = life(scriptedModel([turnWith([], 'done')]));
      await desktops.adopt(AbortSignal.timeout(1000));
      second.runs.takeUp();
      const again = await waitFor('the gate is opened again', () => second.owners[0]);
      assert.deepEqual(again.spent, { up: 60, down: 2300 }, 'connections that were open count too');
      assert.deepEqual(second.runs.network(run.id, ann).hosts, seen.hosts);
      again.onDecision(decision);
      const ended = await second.runs.ended(run.id, ann, AbortSignal.timeout(10_000));
      assert.equal(ended.state, 'succeeded', ended.failure?.message ?? '');
      const [total] = second.runs.network(run.id, ann).hosts;
      assert.deepEqual([total?.allowed, total?.bytesUp, total?.bytesDown, second.runs.network(run.id, ann).quiet], [2, 20, 4000, 1]);
      await second.runs.close(0);
      second.journal.close();
    } finally {
      resolve(turnWith([], 'done'));
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is written within seconds without anybody asking, so that a killed controller knows it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-traffic-'));
    const { promise: answer, resolve } = Promise.withResolvers<ReturnType<typeof turnWith>>();
    const journal = openJournal(folder);
    const { gates, owners, passed } = heldGates();
    const runs = createRuns({ journal, desktops: fakeDesktops(), models: onlyModel(scriptedModel([answer])), log: pino({ level: 'silent' }), gates, maxDesktops: 2, maxQueued: 10, makeBriefing: () => ({ version: 'test', text: '' }) });
    try {
      const run = runs.create(RunRequest.parse({ task: 'go', network: { mode: 'open' } }), ann);
      await waitFor('the gate is opened', () => owners[0]);
      Object.assign(passed, { up: 7, down: 9 });
      await waitFor('bytes of a connection that stays open are in the journal', () => (journal.traffic(run.id) as { up?: number } | undefined)?.up === 7);
    } finally {
      resolve(turnWith([], 'done'));
      await runs.close(0);
      journal.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
