import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { crashPoints, readings } from '../controller/crash-points.ts';
import { sampleFrame } from './support/sample-run.ts';
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

describe('the steps in which the journal writes a file', () => {
  it('are points of their own, and an end at any of them leaves the file whole or not at all', async () => {
    for (const [index, step] of (['opened', 'written', 'synced', 'renamed'] as const).entries()) {
      const folder = await mkdtemp(join(tmpdir(), 'vitrine-steps-'));
      const hits: string[] = [];
      const journal = openJournal(folder, undefined, (name) => {
        hits.push(name);
        if (name === `picture.${step}`) throw new Error(`ended at ${name}`);
      });
      try {
        await assert.rejects(journal.keepPicture('run-1', { frame: sampleFrame('f1'), bytes: Buffer.from('picture') }), /ended at picture/);
        assert.deepEqual(hits.splice(0), ['opened', 'written', 'synced', 'renamed'].slice(0, index + 1).map((each) => `picture.${each}`));
        if (step === 'renamed') assert.equal((await journal.picture('run-1', 'f1')).bytes.toString(), 'picture');
        else await assert.rejects(journal.picture('run-1', 'f1'), { code: 'not_found' });
      } finally {
        journal.close();
        await rm(folder, { recursive: true });
      }
    }
  });
});

async function* asChunks(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}
