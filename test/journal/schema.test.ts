import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { schemaVersion } from '../../controller/journal/schema.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunEvent } from '../../controller/runs/run-event.ts';
import { Run, RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { turnWith } from '../runs/random-commands.ts';

const by = { name: 'ann', project: 'default' };

/** A data folder as the first version of the schema left it, with runs in several states. */
async function firstSchema(folder: string): Promise<void> {
  const database = new DatabaseSync(join(folder, 'journal.sqlite'));
  database.exec(await readFile(join(import.meta.dirname, 'fixtures/schema-1.sql'), 'utf8'));
  database.close();
}

describe('the schema', () => {
  it('brings a journal of version 1 forward with everything in it', async () => {
    await using folder = await temporaryFolder();
    await firstSchema(folder.path);
    const journal = openJournal(folder.path);
    const runs = journal.findRuns({ project: 'default', limit: 10 }).views.map((view) => Run.parse(view));
    assert.deepEqual(runs.map(({ state }) => state), ['cancelled', 'queued', 'executingAction', 'awaitingSafetyAck', 'succeeded']);
    const events = journal.events({ project: 'default', after: 0, limit: 1000 }).map((event) => RunEvent.parse(event));
    assert.ok(events.length > 40);
    assert.equal(journal.unfinishedRuns().length, 3);
    assert.equal(journal.findApprovals({ project: 'default', state: 'pending', limit: 10 }).approvals.length, 1);
    journal.close();
    const database = new DatabaseSync(join(folder.path, 'journal.sqlite'), { readOnly: true });
    assert.deepEqual({ ...database.prepare('PRAGMA user_version').get() }, { user_version: schemaVersion });
    database.close();
  });

  it('finds the runs of a desktop without going through all that were ever made', async () => {
    await using folder = await temporaryFolder();
    openJournal(folder.path).close();
    const database = new DatabaseSync(join(folder.path, 'journal.sqlite'), { readOnly: true });
    const [step, ...others] = database.prepare("EXPLAIN QUERY PLAN SELECT view FROM runs WHERE project = 'p' AND desktop_id = 'd' ORDER BY position DESC LIMIT 2").all();
    assert.match(String(step?.['detail']), /^SEARCH .*desktop_id=\?/);
    assert.deepEqual(others, [], 'nothing has to be sorted');
    database.close();
  });

  it('lets the runs of version 1 go on: what waited is performed, what was queued begins, what was pending is asked', async () => {
    await using folder = await temporaryFolder();
    await firstSchema(folder.path);
    const journal = openJournal(folder.path);
    const desktops = fakeDesktops();
    for (const view of journal.unfinishedRuns().map((run) => Run.parse(run.view))) {
      if (view.desktopId !== null) await desktops.launch(view.desktopId, { display: { width: 1280, height: 800 }, template: 'default' }, { project: 'default', runId: view.id }, () => {}, AbortSignal.timeout(1000));
    }
    const model = scriptedModel([turnWith([], 'one'), turnWith([], 'two'), turnWith([], 'three')]);
    const runs = createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
    runs.takeUp();
    const [approval] = runs.approvals({ state: 'pending', limit: 10 }, by).items;
    assert.ok(approval);
    runs.decide(approval.id, { decision: 'approve' }, by);
    const ended = await Promise.all(runs.list({ limit: 10 }, by).items.map(({ id }) => runs.ended(id, by, AbortSignal.timeout(10_000))));
    assert.deepEqual(ended.map(({ state }) => state), ['cancelled', 'succeeded', 'succeeded', 'succeeded', 'succeeded']);
    assert.equal(model.asked.flatMap(({ transcript }) => transcript).filter((entry) => entry.kind === 'task' && entry.pictures.length === 1).length, 2, 'the pictures of both requests were shown');
    await runs.close();
    journal.close();
  });

  it('writes a run\'s request once, however many steps it takes', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    const picture = `data:image/png;base64,${'A'.repeat(3_000_000)}`;
    const runs = createRuns({ journal, desktops: fakeDesktops(), models: onlyModel(scriptedModel([turnWith([], 'done')])), log: pino({ level: 'silent' }), maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: '' }) });
    const { id } = runs.create(RunRequest.parse({ task: 'look', pictures: [picture] }), by);
    assert.equal((await runs.ended(id, by, AbortSignal.timeout(10_000))).state, 'succeeded');
    await runs.close();
    journal.close();
    const database = new DatabaseSync(join(folder.path, 'journal.sqlite'), { readOnly: true });
    const row = database.prepare("SELECT (SELECT count(*) FROM events WHERE instr(fact, 'AAAAAAAA')) AS events, (SELECT count(*) FROM runs WHERE instr(snapshot, 'AAAAAAAA')) AS snapshots, (SELECT version FROM runs) AS version").get();
    database.close();
    assert.deepEqual({ ...row, version: Number(row?.['version']) > 5 }, { events: 1, snapshots: 0, version: true });
  });
});
