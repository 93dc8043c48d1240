import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { crashPoints, readings } from '../controller/crash-points.ts';
import { openJournal } from '../controller/journal/sqlite-journal.ts';

describe('crashPoints', () => {
  it('puts a point before and after every method of the journal that does not only read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-points-'));
    const hits: string[] = [];
    const plain = openJournal(folder);
    try {
      const journal = crashPoints((name) => void hits.push(name)).journal(plain);
      for (const name of readings.journal) assert.equal(typeof plain[name], 'function');
      assert.equal(journal.controllerEpoch, plain.controllerEpoch);
      assert.equal(journal.nextDeadline(), undefined);
      assert.deepEqual(hits, []);
      journal.checkWritable();
      assert.deepEqual(hits.splice(0), ['journal.checkWritable.before', 'journal.checkWritable.after']);
      await assert.rejects(journal.keepArtefact('run-1', 'a', asChunks('too long'), 3), /larger than 3 bytes/);
      assert.deepEqual(hits, ['journal.keepArtefact.before', 'journal.keepArtefact.after']);
    } finally {
      plain.close();
      await rm(folder, { recursive: true });
    }
  });
});

async function* asChunks(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}
