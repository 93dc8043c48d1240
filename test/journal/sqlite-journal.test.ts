import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { frameNamed } from '../runs/random-commands.ts';
import { sampleCommit as change } from './sample-commit.ts';

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-journal-'));
  folders.push(folder);
  return folder;
}

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('the journal', () => {
  it('writes a commit whole or not at all', async () => {
    const journal = openJournal(await newFolder());
    const effect = { effectId: 'e1', kind: 'ask', data: { turn: 1 } };
    journal.commit(change({ facts: [{ type: 'run.created' }], effectsBegun: [effect], deadlines: [{ deadlineId: 'duration', dueAt: 9 }] }));
    assert.throws(() => journal.commit(change({ expectedVersion: 1, facts: [{ type: 'lost' }], effectsBegun: [effect] })), (error: VitrineError) => error.code === 'unavailable');
    assert.deepEqual(journal.events({ project: 'default', after: 0, limit: 10 }).map(({ fact }) => fact), [{ type: 'run.created' }]);
    assert.equal(journal.run('run-1')?.version, 1);
    assert.deepEqual(journal.dueDeadlines(9), [{ runId: 'run-1', deadlineId: 'duration', dueAt: 9 }]);
    journal.close();
  });

  it('refuses a change that was computed on another version', async () => {
    const journal = openJournal(await newFolder());
    journal.commit(change());
    journal.commit(change({ expectedVersion: 1 }));
    assert.throws(() => journal.commit(change({ expectedVersion: 1 })), (error: VitrineError) => error.code === 'conflict');
    journal.close();
  });

  it('refuses a second controller on the same folder, and lets the next one in after the first', async () => {
    const folder = await newFolder();
    const first = openJournal(folder);
    assert.throws(() => openJournal(folder), /another controller uses the data folder/);
    first.close();
    const second = openJournal(folder);
    assert.equal(second.controllerEpoch, first.controllerEpoch + 1);
    second.close();
  });

  it('refuses a journal of a newer program', async () => {
    const folder = await newFolder();
    openJournal(folder).close();
    const database = new DatabaseSync(join(folder, 'journal.sqlite'));
    database.exec('PRAGMA user_version = 999');
    database.close();
    assert.throws(() => openJournal(folder), /newer Vitrine/);
  });

  it('pages runs newest first, by state, text and project', async () => {
    const journal = openJournal(await newFolder());
    for (let n = 1; n <= 5; n += 1) {
      const project = n === 5 ? 'other' : 'default';
      journal.commit(change({ runId: `run-${n}`, view: { id: `run-${n}` }, index: { ...change().index, project, state: n % 2 === 0 ? 'failed' : 'queued', task: `Task ${n}` } }));
    }
    const first = journal.findRuns({ project: 'default', limit: 3 });
    assert.deepEqual(first, { views: [{ id: 'run-4' }, { id: 'run-3' }, { id: 'run-2' }], next: 'run-2' });
    assert.deepEqual(journal.findRuns({ project: 'default', limit: 3, after: 'run-2' }), { views: [{ id: 'run-1' }], next: null });
    assert.deepEqual(journal.findRuns({ project: 'default', limit: 9, states: ['failed'], search: 'task 4' }).views, [{ id: 'run-4' }]);
    journal.close();
  });

  it('keeps marks of runs for good', async () => {
    const folder = await newFolder();
    const first = openJournal(folder);
    first.commit(change());
    first.mark('run-1', 'seen', 7);
    first.mark('run-1', 'seen', 8);
    first.close();
    const second = openJournal(folder);
    assert.deepEqual([second.isMarked('run-1', 'seen'), second.isMarked('run-1', 'other'), second.isMarked('run-2', 'seen')], [true, false, false]);
    assert.throws(() => second.mark('run-2', 'seen', 7), (error: VitrineError) => error.code === 'unavailable');
    second.close();
  });

  it('keeps pictures and files whole', async () => {
    const folder = await newFolder();
    const journal = openJournal(folder);
    const bytes = Buffer.from([1, 2, 3]);
    await journal.keepPicture('run-1', { frame: frameNamed('f1'), bytes });
    assert.deepEqual((await journal.picture('run-1', 'f1')).bytes, bytes);
    await assert.rejects(journal.picture('run-1', 'f2'), (error: VitrineError) => error.code === 'not_found');
    await assert.rejects(journal.picture('../run-1', 'f1'), (error: VitrineError) => error.code === 'not_found');
    const content = (async function* () { yield Buffer.alloc(10); })();
    await assert.rejects(journal.keepArtefact('run-1', 'big', content, 5), (error: VitrineError) => error.code === 'payload_too_large');
    assert.deepEqual(await readdir(join(folder, 'artefacts', 'run-1')), []);
    journal.close();
  });
});
