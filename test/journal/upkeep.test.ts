import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import type { OpenJournal } from '../../controller/journal/upkeep.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { frameNamed } from '../runs/random-commands.ts';
import { sampleCommit } from './sample-commit.ts';

const minute = 60_000;
const over = { ...sampleCommit().index, state: 'succeeded', isOver: true };

async function* bytesOf(size: number): AsyncGenerator<Buffer> {
  yield Buffer.alloc(size);
}

/** A run with a named and an unnamed picture, and the same of artefacts. */
async function addRun(journal: OpenJournal, runId: string, isOver: boolean, at = 5) {
  journal.commit(sampleCommit({ runId, view: { id: runId }, at }));
  for (const frameId of ['f1', 'f2']) await journal.keepPicture(runId, { frame: frameNamed(frameId), bytes: Buffer.alloc(1000) });
  const named = await journal.keepArtefact(runId, 'named', bytesOf(10), 100);
  const unnamed = await journal.keepArtefact(runId, 'unnamed', bytesOf(10), 100);
  const facts = [{ type: 'frame.captured', frame: { frameId: 'f1' } }, { type: 'artefact.kept', artefact: { id: named.id } }];
  journal.commit(sampleCommit({ runId, expectedVersion: 1, view: { id: runId }, at, facts, index: isOver ? over : sampleCommit().index }));
  return { named, unnamed };
}

/** Makes files look as old as `ageMs`. */
async function age(folder: string, ageMs: number): Promise<void> {
  const then = new Date(Date.now() - ageMs);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), then, then);
}

describe('the upkeep of a data folder', () => {
  it('removes what no event names, and nothing that is in use', async () => {
    await using folder = await temporaryFolder();
    const place = (...names: string[]) => join(folder.path, ...names);
    const before = openJournal(folder.path);
    const ended = await addRun(before, 'run-over', true);
    const going = await addRun(before, 'run-going', false);
    before.close();
    for (const kind of ['frames', 'artefacts']) {
      await mkdir(place(kind, 'run-gone'));
      await writeFile(place(kind, 'run-gone', 'f1'), 'x');
    }
    await writeFile(place('frames', 'run-going', 'f3.0.part'), 'half');
    await mkdir(place('temporary', 'half-a-backup'), { recursive: true });
    await writeFile(place('temporary', 'half-a-backup', 'journal.sqlite'), 'half');
    await age(place('frames'), 1000);
    await age(place('artefacts'), 1000);
    const journal = openJournal(folder.path);
    const swept = await journal.upkeep.sweep(Date.now());
    assert.deepEqual((await readdir(place('frames', 'run-over'))), ['f1']);
    assert.deepEqual((await readdir(place('artefacts', 'run-over'))), [ended.named.id]);
    assert.deepEqual((await readdir(place('frames', 'run-going'))).toSorted(), ['f1', 'f2'], 'pictures of a run that goes on stay: its next event may name them');
    assert.deepEqual((await readdir(place('artefacts', 'run-going'))).toSorted(), [going.named.id, going.unnamed.id].toSorted());
    assert.equal(journal.artefact('run-over', ended.unnamed.id), undefined);
    assert.equal(journal.artefact('run-over', ended.named.id)?.size, 10);
    for (const kind of ['frames', 'artefacts']) assert.equal(existsSync(place(kind, 'run-gone')), false);
    assert.deepEqual(await readdir(place('temporary')), []);
    assert.equal(swept.files, 6);
    assert.deepEqual(await journal.upkeep.sweep(Date.now()), { files: 0, bytes: 0 });
    journal.close();
  });

  it('leaves what was begun in the last minutes: its event may be about to be written', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    await addRun(journal, 'run-over', true);
    await mkdir(join(folder.path, 'frames', 'run-new'), { recursive: true });
    await writeFile(join(folder.path, 'frames', 'run-new', 'f1'), 'x');
    assert.equal((await journal.upkeep.sweep(Date.now())).files, 0);
    assert.equal((await journal.upkeep.sweep(Date.now() + 9 * minute)).files, 0);
    assert.equal((await journal.upkeep.sweep(Date.now() + 11 * minute)).files, 3);
    journal.close();
  });

  it('measures what each kind takes', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    assert.deepEqual([journal.upkeep.diskUse().framesBytes, journal.upkeep.diskUse().artefactsBytes], [null, null]);
    await addRun(journal, 'run-1', false);
    await journal.upkeep.sweep(Date.now());
    const use = journal.upkeep.diskUse();
    assert.ok(use.framesBytes !== null && use.framesBytes > 2000 && use.framesBytes < 4000, String(use.framesBytes));
    assert.equal(use.artefactsBytes, 20);
    assert.ok(use.journalBytes > 10_000 && use.freeBytes > 0 && use.totalBytes > use.freeBytes);
    journal.close();
  });

  it('removes pictures or the whole of a run that is over, never of one that goes on, and nothing while a backup is made', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    await addRun(journal, 'run-over', true);
    await addRun(journal, 'run-going', false);
    const letGo = await journal.upkeep.holdFiles();
    await assert.rejects(journal.upkeep.removePictures('run-over', 7), (error: VitrineError) => error.code === 'conflict');
    assert.equal((await journal.upkeep.sweep(Date.now() + 60 * minute)).files, 0);
    letGo();
    for (const remove of [() => journal.upkeep.removePictures('run-going', 7), () => journal.upkeep.removeRun('run-going')]) await assert.rejects(remove(), (error: VitrineError) => error.code === 'conflict');
    await journal.upkeep.removePictures('run-over', 7);
    assert.equal(existsSync(join(folder.path, 'frames', 'run-over')), false);
    assert.deepEqual(journal.run('run-over')?.view, { id: 'run-over', picturesRemovedAt: 7 });
    assert.equal(journal.events({ project: 'default', runId: 'run-over', after: 0, limit: 10 }).length, 2);
    journal.mark('run-over', 'seen', 1);
    await journal.upkeep.removeRun('run-over');
    assert.equal(journal.run('run-over'), undefined);
    assert.equal(journal.events({ project: 'default', runId: 'run-over', after: 0, limit: 10 }).length, 0);
    assert.equal(existsSync(join(folder.path, 'artefacts', 'run-over')), false);
    assert.equal(journal.run('run-going')?.version, 2);
    journal.close();
  });
});
