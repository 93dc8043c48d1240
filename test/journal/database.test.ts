import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import type { VitrineError } from '../../controller/errors.ts';
import { openDatabase } from '../../controller/journal/database.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sampleCommit as change } from './sample-commit.ts';

const isUnavailable = (pattern: RegExp) => (error: VitrineError) => error.code === 'unavailable' && pattern.test(error.message);

/** A process that holds the database in a write transaction until its input ends. */
async function holder(path: string): Promise<{ readonly letGo: () => Promise<void> }> {
  const script = `const { DatabaseSync } = require('node:sqlite'); new DatabaseSync(${JSON.stringify(path)}).exec('BEGIN IMMEDIATE'); console.log('held'); process.stdin.resume()`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    letGo: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

describe('openDatabase', () => {
  it('makes every commit durable before it is acknowledged, checks references, and waits for no lock for long', async () => {
    await using folder = await temporaryFolder();
    const { database, close } = openDatabase(folder.path);
    const setting = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    assert.deepEqual([setting('journal_mode'), setting('synchronous'), setting('foreign_keys'), setting('busy_timeout')], ['wal', 2, 1, 500]);
    assert.throws(() => database.exec("INSERT INTO events (run_id, project, at, fact) VALUES ('nobody', 'p', 1, '{}')"), /FOREIGN KEY/);
    close();
  });

  it('refuses a damaged journal in words, and leaves the file as it is', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    for (let n = 0; n < 200; n += 1) journal.commit(change({ runId: `run-${n}`, facts: [{ type: 'x'.repeat(2000) }] }));
    journal.close();
    const path = join(folder.path, 'journal.sqlite');
    const whole = await readFile(path);
    const damages: Readonly<Record<string, Buffer>> = {
      'pages overwritten': Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(16_384, 0xa5), whole.subarray(24_576)]),
      'cut short': whole.subarray(0, whole.length >> 1),
      'no database': Buffer.from('this is not a database, but long enough to be looked at as one'.repeat(100)),
    };
    for (const [name, bytes] of Object.entries(damages)) {
      await writeFile(path, bytes);
      assert.throws(() => openJournal(folder.path), isUnavailable(/journal\.sqlite is damaged \(.+\): restore a backup/), name);
      assert.deepEqual(await readFile(path), bytes, name);
    }
    await writeFile(path, whole);
    openJournal(folder.path).close();
  });

  it('waits a bounded time for another process that holds the database, says so, and recovers', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    journal.commit(change());
    const other = await holder(join(folder.path, 'journal.sqlite'));
    const begun = performance.now();
    assert.throws(() => journal.commit(change({ expectedVersion: 1 })), isUnavailable(/locked.*another process holds the database/));
    const first = performance.now() - begun;
    assert.throws(() => journal.checkWritable(), isUnavailable(/locked/));
    const second = performance.now() - begun - first;
    assert.ok(first < 1500, `the first waited ${first} ms`);
    assert.ok(second < 250, `the next one waited again: ${second} ms`);
    assert.equal(journal.run('run-1')?.version, 1);
    await other.letGo();
    journal.commit(change({ expectedVersion: 1 }));
    assert.equal(journal.run('run-1')?.version, 2);
    journal.close();
  });

  it('opens a copy of database and log taken at any time, with every commit that was acknowledged before', async () => {
    await using folder = await temporaryFolder();
    await using copies = await temporaryFolder();
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'commit-on.ts'), folder.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let acknowledged = 0;
    writer.stdout.on('data', (chunk: Buffer) => { acknowledged = Number(chunk.toString().trim().split('\n').at(-1)); });
    await once(writer.stdout, 'data');
    const seen: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      await new Promise((next) => setTimeout(next, 20 + ((n * 37) % 90)));
      const before = acknowledged;
      const place = join(copies.path, String(n));
      await copyCrashed(folder.path, place);
      const crashed = openJournal(place);
      const kept = crashed.events({ project: 'default', runId: 'run-1', after: 0, limit: 1_000_000 }).length;
      assert.ok(kept >= before, `copy ${n} has ${kept} of ${before} commits`);
      assert.equal(crashed.run('run-1')?.version, kept, 'snapshot and events are of one commit');
      crashed.close();
      seen.push(before);
    }
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    assert.ok((seen.at(-1) ?? 0) > (seen[0] ?? 0) + 10, `the writer was at work: ${seen.join(' ')}`);
  });
});

/** What a power loss leaves: the log as far as it was written, with the database that it belongs to. */
async function copyCrashed(from: string, to: string): Promise<void> {
  await mkdir(to);
  const reader = new DatabaseSync(join(from, 'journal.sqlite'), { readOnly: true });
  try {
    // A reader's transaction keeps the log from being folded into the database between the two copies.
    reader.exec('BEGIN; SELECT 1 FROM meta');
    await copyFile(join(from, 'journal.sqlite'), join(to, 'journal.sqlite'));
    await copyFile(join(from, 'journal.sqlite-wal'), join(to, 'journal.sqlite-wal'));
  } finally {
    reader.close();
  }
}
