import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
const flagged = () => turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [check] }]);

describe('a run whose snapshot this program cannot read', () => {
  const damages: readonly (readonly [string, string, RegExp])[] = [
    ['of another version', "json_set(snapshot, '$.machineVersion', 9)", /its snapshot has version 9, and this Vitrine knows 1/],
    ['that is no JSON', "'{\"machineVersion\": 1, \"val'", /its snapshot cannot be read/],
    ['with a state that there is not', "json_set(snapshot, '$.value', 'dreaming')", /its snapshot does not hold what it should/],
  ];
  for (const [what, damage, words] of damages) {
    it(`ends with the reason and releases its desktop, and the others go on: a snapshot ${what}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'vitrine-quarantine-'));
      const desktops = fakeDesktops();
      const model = scriptedModel([flagged(), flagged(), turnWith([], 'done')]);
      const open = () => {
        const journal = openJournal(folder);
        return { journal, runs: createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) }) };
      };
      const first = open();
      const [bad, good] = [first.runs.create(RunRequest.parse({ task: 'bad' }), ann).id, first.runs.create(RunRequest.parse({ task: 'good' }), ann).id];
      for (const id of [bad, good]) await waitFor('an approval', () => (first.runs.get(id, ann).approvalId === null ? undefined : true));
      const { desktopId, approvalId } = first.runs.get(bad, ann);
      await first.runs.close();
      first.journal.close();
      const database = new DatabaseSync(join(folder, 'journal.sqlite'));
      database.prepare(`UPDATE runs SET snapshot = ${damage} WHERE run_id = ?`).run(bad);
      database.close();
      const { runs, journal } = open();
      runs.takeUp();
      const ended = runs.get(bad, ann);
      assert.deepEqual([ended.state, ended.failure?.code], ['failed', 'internal']);
      assert.match(ended.failure?.message ?? '', words);
      assert.equal(runs.approval(approvalId ?? '', ann).state, 'withdrawn');
      assert.ok(!desktops.made.has(desktopId ?? ''));
      assert.deepEqual([journal.effects(bad).length, runs.cancel(bad, 'again', ann).state], [0, 'failed']);
      const facts = runs.events({ runId: bad, after: 0, limit: 100 }, ann).map(({ fact }) => fact.type);
      assert.deepEqual([facts.at(-1), facts.filter((type) => type === 'run.ended').length], ['run.ended', 1]);
      runs.decide(runs.get(good, ann).approvalId ?? '', { decision: 'approve' }, ann);
      assert.equal((await runs.ended(good, ann, AbortSignal.timeout(10_000))).state, 'succeeded');
      await runs.close();
      journal.close();
      const again = open();
      again.runs.takeUp();
      assert.equal(again.runs.get(bad, ann).state, 'failed');
      await again.runs.close();
      again.journal.close();
      await rm(folder, { recursive: true, force: true });
    });
  }
});

describe('a finished run whose view this program cannot read', () => {
  it('keeps no other run from being taken up', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-quarantine-'));
    const desktops = fakeDesktops();
    const model = scriptedModel([turnWith([], 'done'), flagged()]);
    const open = () => {
      const journal = openJournal(folder);
      return { journal, runs: createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) }) };
    };
    const first = open();
    const { id: over } = first.runs.create(RunRequest.parse({ task: 'over', keepForMs: 60_000 }), ann);
    await first.runs.ended(over, ann, AbortSignal.timeout(10_000));
    const { id: waiting } = first.runs.create(RunRequest.parse({ task: 'good' }), ann);
    await waitFor('an approval', () => first.runs.get(waiting, ann).approvalId !== null);
    await first.runs.close();
    first.journal.close();
    const database = new DatabaseSync(join(folder, 'journal.sqlite'));
    database.prepare("UPDATE runs SET view = json_set(view, '$.state', 'dreaming') WHERE run_id = ?").run(over);
    database.close();
    const second = open();
    try {
      second.runs.takeUp();
      assert.equal(second.runs.get(waiting, ann).state, 'awaitingSafetyAck');
    } finally {
      await second.runs.close();
      second.journal.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
