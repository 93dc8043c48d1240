import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { restoreFolder } from '../../controller/journal/restore-folder.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sampleCommit } from './sample-commit.ts';

const ann = { project: 'default', owner: 'ann', name: 'letter.txt', createdAt: 1000, expiresAt: 5000 };
const over = { ...sampleCommit().index, state: 'succeeded', isOver: true };

async function* chunksOf(...texts: readonly (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

const namesIn = (folder: string) => readdir(join(folder, 'uploads'));

describe('an upload', () => {
  it('is on disk as it was sent, with its size and digest, and is counted', async () => {
    await using folder = await temporaryFolder();
    using journal = disposable(openJournal(folder.path));
    const { id, size, sha256, path } = await journal.keepUpload(ann, chunksOf('Dear ', 'reader'), 100);
    assert.deepEqual([size, sha256, await readFile(path, 'utf8')], [11, createHash('sha256').update('Dear reader').digest('hex'), 'Dear reader']);
    assert.deepEqual(journal.upload(id), { ...ann, id, size, sha256, runId: null, path });
    assert.deepEqual([journal.waitingUploads('default', 'ann', 1000), journal.waitingUploads('default', 'bob', 1000)], [{ count: 1, bytes: 11 }, { count: 0, bytes: 0 }]);
    assert.deepEqual([journal.waitingUploads('default', 'ann', 4999).count, journal.waitingUploads('default', 'ann', 5000)], [1, { count: 0, bytes: 0 }], 'what has expired waits for nothing, swept or not');
    assert.equal(journal.upkeep.diskUse().uploadsBytes, 11);
    assert.deepEqual([await journal.removeUpload(id), await journal.removeUpload(id), existsSync(path)], [true, false, false]);
  });

  it('leaves nothing behind when it is too large, or its sender stops', async () => {
    await using folder = await temporaryFolder();
    using journal = disposable(openJournal(folder.path));
    await assert.rejects(journal.keepUpload(ann, chunksOf('abc', 'def'), 5), { code: 'payload_too_large' });
    await assert.rejects(journal.keepUpload(ann, (async function* () { yield Buffer.from('abc'); throw new Error('gone'); })(), 5));
    assert.deepEqual(await namesIn(folder.path), []);
    assert.equal(journal.waitingUploads('default', 'ann', 1000).count, 0);
  });

  it('is whole or not at all wherever its writing ends', async () => {
    for (const step of ['opened', 'written', 'synced', 'renamed']) {
      await using folder = await temporaryFolder();
      using journal = disposable(openJournal(folder.path, undefined, (name) => {
        if (name === `upload.${step}`) throw new Error(`ended at ${name}`);
      }));
      await assert.rejects(journal.keepUpload(ann, chunksOf('abc'), 5), /ended at upload/);
      assert.equal(journal.waitingUploads('default', 'ann', 1000).count, 0, 'no row names it');
      await journal.upkeep.sweep(Date.now() + 3_600_000);
      assert.deepEqual(await namesIn(folder.path), []);
    }
  });

  it('belongs to the run whose first commit names it, and to no other', async () => {
    await using folder = await temporaryFolder();
    using journal = disposable(openJournal(folder.path));
    const { id, path } = await journal.keepUpload(ann, chunksOf('abc'), 5);
    journal.commit(sampleCommit({ uploads: [id] }));
    assert.equal(journal.upload(id)?.runId, 'run-1');
    assert.throws(() => journal.commit(sampleCommit({ runId: 'run-2', uploads: [id] })), { code: 'conflict' });
    assert.equal(journal.run('run-2'), undefined, 'nothing of that commit is kept');
    assert.throws(() => journal.commit(sampleCommit({ runId: 'run-2', uploads: ['up-none'] })), { code: 'conflict' });
    assert.deepEqual([await journal.removeUpload(id), existsSync(path)], [false, true]);
    await journal.releaseUploads('run-1');
    assert.deepEqual([journal.upload(id), existsSync(path)], [undefined, false]);
  });

  it('is swept when it has expired, when its run is over, and when no row names it; not while a run waits', async () => {
    await using folder = await temporaryFolder();
    using journal = disposable(openJournal(folder.path));
    const [expired, waiting, ofRun, ofEnded] = await Promise.all(['a', 'b', 'c', 'd'].map((text) => journal.keepUpload({ ...ann, expiresAt: text === 'b' ? Date.now() + 60_000 : 5000 }, chunksOf(text), 5)));
    assert.ok(expired && waiting && ofRun && ofEnded);
    journal.commit(sampleCommit({ runId: 'run-1', uploads: [ofRun.id] }));
    journal.commit(sampleCommit({ runId: 'run-2', uploads: [ofEnded.id], index: over }));
    const [stray, fresh] = ['up-stray', 'up-fresh.x.part'].map((name) => join(folder.path, 'uploads', name));
    assert.ok(stray && fresh);
    await Promise.all([stray, fresh].map((path) => writeFile(path, 'x')));
    await utimes(stray, 1, 1);
    const letGo = await journal.upkeep.holdFiles();
    assert.equal((await journal.upkeep.sweep(Date.now())).files, 0, 'nothing goes while a backup is made');
    letGo();
    assert.deepEqual(await journal.upkeep.sweep(Date.now()), { files: 3, bytes: 3 });
    assert.deepEqual((await namesIn(folder.path)).toSorted(), [waiting.id, ofRun.id, 'up-fresh.x.part'].toSorted());
  });

  it('is in a backup if a run has it, and is checked when that is restored', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    using journal = disposable(openJournal(folder.path));
    const [ofRun, waiting] = [await journal.keepUpload(ann, chunksOf('of a run'), 50), await journal.keepUpload(ann, chunksOf('waiting'), 50)];
    journal.commit(sampleCommit({ uploads: [ofRun.id] }));
    const parts: Uint8Array[] = [];
    const backup = journal.upkeep.backUp();
    for await (const part of backup) {
      if (parts.length === 0) await journal.releaseUploads('run-1');
      parts.push(part);
    }
    const { files } = await restoreFolder(chunksOf(Buffer.concat(parts)), other.path, AbortSignal.timeout(10_000));
    using restored = disposable(openJournal(other.path));
    assert.deepEqual([files, await namesIn(other.path)], [2, [ofRun.id]]);
    assert.equal(await readFile(restored.upload(ofRun.id)?.path ?? '', 'utf8'), 'of a run', 'though its run began meanwhile');
    assert.equal(restored.upload(waiting.id), undefined);
  });

  it('is refused as soon as it would leave too little room, and what it took is free again', async (t) => {
    await using disk = await smallDisk(24);
    if (disk === undefined) return t.skip('no file system can be mounted here');
    using journal = disposable(openJournal(disk.path, { reserveBytes: 2 ** 20, minFreeBytes: 8 * 2 ** 20 }));
    const before = disk.freeBytes();
    assert.throws(() => journal.checkRoom(before), { code: 'unavailable' });
    journal.checkRoom(4 * 2 ** 20);
    const endless = (async function* () { for (;;) yield Buffer.alloc(2 ** 20, 7); })();
    await assert.rejects(journal.keepUpload(ann, endless, 2 ** 30), { code: 'unavailable', message: /is full/ });
    assert.ok(disk.freeBytes() >= 8 * 2 ** 20, 'the room for what has begun was not touched');
    disk.fill();
    await assert.rejects(journal.keepUpload(ann, chunksOf('x'), 5), { code: 'unavailable' });
    disk.free();
    assert.deepEqual(await namesIn(disk.path), []);
  });
});

function disposable<Journal extends { close(): void }>(journal: Journal): Journal & Disposable {
  return Object.assign(journal, { [Symbol.dispose]: () => journal.close() });
}
