import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import type { Run, RunState } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const bob = { name: 'bob', project: 'default' };
const soon = () => AbortSignal.timeout(10_000);
const flagged = () => turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [{ id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' }] }]);
const shell = () => turnWith([{ callId: 'call_1', actions: [], tool: { type: 'shell', command: 'true', restart: false, timeoutMs: 5000 }, safetyChecks: [{ id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' }] }]);

/** A controller that has started again and answers, but has not found its desktops yet: its engine is slow, or not there. */
async function world(turns: ScriptedModel['turns']) {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-early-'));
  const desktops = fakeDesktops();
  let isEngineThere = true;
  const model = scriptedModel(turns);
  const open = () => {
    const journal = openJournal(folder);
    const seen = { ...desktops, get: (id: string) => (isEngineThere ? desktops.get(id) : undefined), list: () => (isEngineThere ? desktops.list() : []) };
    return { journal, runs: createRuns({ journal, desktops: seen, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, startsClosed: true, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) }) };
  };
  let present = open();
  present.runs.takeUp();
  return {
    desktops,
    get runs() { return present.runs; },
    reach: (id: string, state: RunState) => waitFor(`run ${id} ${state}`, (): Run | undefined => {
      const run = present.runs.get(id, ann);
      return run.state === state ? run : undefined;
    }),
    facts: (id: string) => present.runs.events({ runId: id, after: 0, limit: 1000 }, ann).map(({ fact }) => fact),
    async restartWithoutDesktops() {
      await present.runs.close();
      present.journal.close();
      isEngineThere = false;
      present = open();
    },
    takeUp(lost?: Parameters<typeof present.runs.takeUp>[0]) {
      isEngineThere = true;
      present.runs.takeUp(lost);
    },
    async [Symbol.asyncDispose]() {
      await present.runs.close();
      present.journal.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Lets everything happen that was begun and does not wait for anything. */
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a command to a run of an earlier start, while its desktop is not known yet', () => {
  it('a decision is kept, and what it allows is done on the desktop when that is found', async () => {
    await using w = await world([flagged(), turnWith([], 'done')]);
    const { id } = w.runs.create(RunRequest.parse({ task: 'do it' }), ann);
    const { approvalId, desktopId } = await w.reach(id, 'awaitingSafetyAck');
    await w.restartWithoutDesktops();
    w.runs.decide(approvalId ?? '', { decision: 'approve' }, bob);
    await settled();
    assert.equal(w.runs.get(id, ann).state, 'executingAction');
    w.takeUp();
    const run = await w.runs.ended(id, ann, soon());
    assert.deepEqual([run.state, run.failure], ['succeeded', null]);
    assert.equal(w.facts(id).filter((fact) => fact.type === 'action.ended' && fact.outcome.status === 'performed').length, 1);
    assert.equal(w.desktops.made.has(desktopId ?? ''), false, 'the desktop is released as ever');
  });

  it('a tool that is allowed is used then, and not called unknown', async () => {
    await using w = await world([shell(), turnWith([], 'done')]);
    const { id } = w.runs.create(RunRequest.parse({ task: 'do it', tools: ['shell'] }), ann);
    const { approvalId } = await w.reach(id, 'awaitingSafetyAck');
    await w.restartWithoutDesktops();
    w.runs.decide(approvalId ?? '', { decision: 'approve' }, bob);
    await settled();
    w.takeUp();
    await w.runs.ended(id, ann, soon());
    const ended = w.facts(id).find((fact) => fact.type === 'tool.ended');
    assert.ok(ended?.type === 'tool.ended' && !ended.output.includes('not known'), JSON.stringify(ended));
  });

  it('a cancelled run keeps its Outbox and lets its desktop go when that is found', async () => {
    await using w = await world([flagged()]);
    const { id } = w.runs.create(RunRequest.parse({ task: 'do it' }), ann);
    const { desktopId } = await w.reach(id, 'awaitingSafetyAck');
    w.desktops.made.get(desktopId ?? '')?.files.set('Outbox/report.txt', Buffer.from('all is well'));
    await w.restartWithoutDesktops();
    w.runs.cancel(id, 'enough', ann);
    await settled();
    assert.equal(w.runs.get(id, ann).state, 'finishing');
    w.takeUp();
    const run = await w.runs.ended(id, ann, soon());
    assert.deepEqual([run.state, run.artefacts.map(({ name }) => name)], ['cancelled', ['report.txt']]);
    assert.equal(w.desktops.made.has(desktopId ?? ''), false);
  });
});

describe('runs that a restore has brought back', () => {
  it('are told of their lost desktops before any is let in: one that waited is not taken for one that lost its desktop, whenever the controller ends', async () => {
    await using w = await world([flagged(), flagged()]);
    const { id: lost } = w.runs.create(RunRequest.parse({ task: 'has a desktop' }), ann);
    await w.reach(lost, 'awaitingSafetyAck');
    await w.restartWithoutDesktops();
    const { id: waiting } = w.runs.create(RunRequest.parse({ task: 'waits' }), ann);
    const told: string[] = [];
    w.takeUp({ reason: 'restored', onTold: () => told.push(w.runs.get(waiting, ann).state, w.runs.get(lost, ann).failure?.code ?? '') });
    assert.deepEqual(told, ['queued', 'desktop_lost']);
    await w.reach(waiting, 'awaitingSafetyAck');
  });
});
