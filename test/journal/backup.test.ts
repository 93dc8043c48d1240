import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import type { VitrineError } from '../../controller/errors.ts';
import { packBackup } from '../../controller/journal/archive.ts';
import { appoint, putInPlace } from '../../controller/journal/put-in-place.ts';
import { restoreFolder } from '../../controller/journal/restore-folder.ts';
import { firstMisfit } from '../../controller/audit-chain.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import type { OpenJournal } from '../../controller/journal/upkeep.ts';
import { frameNamed } from '../runs/random-commands.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sampleCommit } from './sample-commit.ts';

const soon = () => AbortSignal.timeout(20_000);

async function addRun(journal: OpenJournal, runId: string, pictures = 3) {
  journal.commit(sampleCommit({ runId, view: { id: runId }, facts: [{ type: 'run.created' }] }));
  for (let n = 1; n <= pictures; n += 1) await journal.keepPicture(runId, { frame: frameNamed(`f${n}`), bytes: Buffer.alloc(5000, n) });
  const { id } = await journal.keepArtefact(runId, 'answer.txt', (async function* () { yield Buffer.from(`of ${runId}`); })(), 100);
  journal.commit(sampleCommit({ runId, expectedVersion: 1, view: { id: runId }, facts: [{ type: 'step' }] }));
  return id;
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function* from(bytes: Buffer, size = 7000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Every file of a folder with its bytes, by path; without what is of the process that has it open. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/^lock\.sqlite|-(?:wal|shm)$/.test(entry.name));
  return Object.fromEntries(await Promise.all(files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length + 1), (await readFile(path)).toString('base64')] as const;
  })));
}

/** The files below a folder that this process has open; empty where there is no /proc. */
function openFiles(folder: string): string[] {
  if (!existsSync('/proc/self/fd')) return [];
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // It was closed meanwhile.
    }
  });
}

describe('a backup', () => {
  it('holds everything as of one moment while commits go on, and restores into an empty folder', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    using opened = new DisposableStack();
    const journal = openJournal(folder.path);
    opened.defer(() => journal.close());
    const artefact = await addRun(journal, 'run-1');
    for (let n = 0; n < 300; n += 1) journal.commit(sampleCommit({ runId: `run-x${n}`, facts: [{ type: 'x'.repeat(3000) }] }));
    let version = 2;
    let isDone = false;
    const busy = (async () => {
      while (!isDone) {
        journal.commit(sampleCommit({ expectedVersion: version, view: { id: 'run-1' }, facts: [{ type: `later ${version}` }] }));
        version += 1;
        await new Promise((next) => setImmediate(next));
      }
    })();
    const bytes = await whole(journal.upkeep.backUp());
    isDone = true;
    await busy;
    assert.ok(version > 2, 'there were commits meanwhile');
    assert.deepEqual(await readdir(join(folder.path, 'temporary')), []);
    const restored = await restoreFolder(from(bytes), other.path, soon());
    assert.deepEqual([restored.runs, restored.files], [301, 5]);
    const copy = openJournal(other.path);
    opened.defer(() => copy.close());
    const events = copy.events({ project: 'default', runId: 'run-1', after: 0, limit: 100_000 });
    assert.equal(copy.run('run-1')?.version, events.length, 'events and snapshot are of one moment');
    assert.deepEqual((await copy.picture('run-1', 'f2')).bytes, Buffer.alloc(5000, 2));
    assert.equal((await readFile(copy.artefact('run-1', artefact)?.path ?? '')).toString(), 'of run-1');
  });

  it('takes the place of another journal; epoch and sequence go on, revoked tokens stay revoked', async () => {
    await using folder = await temporaryFolder();
    const first = openJournal(folder.path);
    await addRun(first, 'run-1');
    const token = { id: 't1', name: 'ann', hash: 'h', project: 'default', role: 'viewer', scopes: [], createdBy: 'x', createdAt: 1, expiresAt: 2, revokedAt: null };
    first.tokens.insert(token);
    const bytes = await whole(first.upkeep.backUp());
    first.tokens.revoke('t1', 7, 'x');
    first.recordDeed({ at: 8, project: 'default', who: 'ann', what: 'after the backup', subject: null, details: {} });
    await addRun(first, 'run-2');
    const last = first.events({ project: 'default', after: 0, limit: 100 }).at(-1)?.sequence ?? 0;
    first.close();
    for (let n = 0; n < 3; n += 1) openJournal(folder.path).close();
    await restoreFolder(from(bytes), folder.path, soon());
    const journal = openJournal(folder.path);
    assert.equal(journal.controllerEpoch, first.controllerEpoch + 4);
    assert.equal(journal.run('run-2'), undefined);
    assert.equal(journal.tokens.all()[0]?.revokedAt, 7);
    const audit = journal.audit({ project: 'default', after: 0, limit: 100 });
    assert.deepEqual([audit.at(-1)?.what, firstMisfit(audit)], ['after the backup', undefined]);
    const [next] = journal.commit(sampleCommit({ runId: 'run-3', facts: [{ type: 'run.created' }] }));
    assert.ok((next?.sequence ?? 0) > last, `${next?.sequence} after ${last}`);
    assert.deepEqual(await readdir(join(folder.path, 'frames')), ['run-1']);
    assert.ok((journal.upkeep.restoredFrom() ?? 0) > 1_700_000_000_000);
    journal.upkeep.forgetRestored();
    assert.equal(journal.upkeep.restoredFrom(), undefined);
    await journal.upkeep.sweep(Date.now());
    assert.deepEqual((await readdir(folder.path)).filter((name) => !name.includes('sqlite')).toSorted(), ['artefacts', 'frames', 'temporary', 'uploads']);
    assert.deepEqual(await readdir(join(folder.path, 'temporary')), []);
    journal.close();
  });

  it('that is damaged, cut short or none at all is refused, and nothing is changed', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const journal = openJournal(other.path);
    await addRun(journal, 'run-1');
    const bytes = await whole(journal.upkeep.backUp());
    journal.close();
    const mine = openJournal(folder.path);
    await addRun(mine, 'run-mine');
    mine.close();
    const before = await contentOf(folder.path);
    const flipped = (at: number) => Buffer.concat([bytes.subarray(0, at), Buffer.from([(bytes[at] ?? 0) ^ 0xff]), bytes.subarray(at + 1)]);
    const at = (text: string, offset = 0) => bytes.indexOf(text) + offset;
    const bad: Readonly<Record<string, Buffer>> = {
      'nothing': Buffer.alloc(0),
      'no tar': Buffer.from('x'.repeat(5000)),
      'another tar': bytes.subarray(at('journal.sqlite')),
      'without its manifest': bytes.subarray(0, bytes.lastIndexOf('manifest.json')),
      'cut in the database': bytes.subarray(0, 9000),
      'cut in a picture': bytes.subarray(0, at('frames/run-1/f2', 1500)),
      'a bit of the database': flipped(at('journal.sqlite', 512 + 9000)),
      'a bit of a picture': flipped(at('frames/run-1/f2', 512 + 3000)),
      'a bit of a header': flipped(at('frames/run-1/f3', 2)),
      'a path that leads out': Buffer.from(bytes.toString('latin1').replace('frames/run-1/f3', 'frames/../../f3'), 'latin1'),
      'a format of tomorrow': Buffer.from(bytes.toString('latin1').replace('"format":1', '"format":9'), 'latin1'),
    };
    for (const [name, content] of Object.entries(bad)) {
      await assert.rejects(restoreFolder(from(content), folder.path, soon()), (error: VitrineError) => error.code === 'unprocessable' && /nothing was changed/.test(error.message), name);
      assert.deepEqual(await contentOf(folder.path), before, name);
      assert.deepEqual(openFiles(folder.path), [], name);
    }
    const running = openJournal(folder.path);
    await assert.rejects(restoreFolder(from(bytes), folder.path, soon()), /another controller uses the data folder/);
    running.close();
    await restoreFolder(from(bytes), folder.path, soon());
    assert.ok(existsSync(join(folder.path, 'frames', 'run-1', 'f1')));
  });

  it('whose database names files outside their folders is refused, and nothing is changed', async () => {
    const crafted: Readonly<Record<string, string>> = {
      'an upload': "UPDATE uploads SET id = '../../victim'",
      'an upload by a whole path': "UPDATE uploads SET id = '/etc/passwd'",
      'an upload that no run has': "UPDATE uploads SET id = '..', run_id = NULL",
      'an artefact': "UPDATE artefacts SET id = '../../../victim'",
      'the run of an artefact': "UPDATE artefacts SET run_id = '..'",
      'a run': "INSERT INTO runs SELECT '../..', position + 1, project, driver, state, is_over, desktop_id, task, created_at, version, snapshot, view FROM runs",
      'nothing of that kind': 'UPDATE uploads SET id = id',
    };
    for (const [name, sql] of Object.entries(crafted)) {
      await using source = await temporaryFolder();
      await using target = await temporaryFolder();
      const journal = openJournal(source.path);
      await addRun(journal, 'run-1');
      const upload = await journal.keepUpload({ project: 'default', owner: 'ann', name: 'a.txt', createdAt: 1, expiresAt: 2 }, from(Buffer.from('abc')), 100);
      journal.commit(sampleCommit({ runId: 'run-1', expectedVersion: 2, view: { id: 'run-1' }, uploads: [upload.id] }));
      journal.close();
      const file = join(source.path, 'journal.sqlite');
      const database = new DatabaseSync(file);
      database.exec(sql);
      database.close();
      const bytes = await whole(packBackup({ format: 1, createdAt: 1, schema: 1 }, (async function* () { yield { path: 'journal.sqlite', file }; })()));
      if (name === 'nothing of that kind') {
        await restoreFolder(from(bytes), target.path, soon());
        continue;
      }
      await assert.rejects(restoreFolder(from(bytes), target.path, soon()), (error: VitrineError) => error.code === 'unprocessable' && /which is no place for a file of ours; nothing was changed/.test(error.message), name);
      assert.deepEqual(await contentOf(target.path), {}, name);
    }
  });

  it('is in place or not, as a whole, wherever a restore stops', async () => {
    await using place = await temporaryFolder();
    const [oldFolder, newFolder] = [join(place.path, 'old'), join(place.path, 'new')];
    for (const [folder, runId] of [[oldFolder, 'run-old'], [newFolder, 'run-new']] as const) {
      const journal = openJournal(folder);
      await addRun(journal, runId);
      journal.close();
    }
    const stops = 12;
    const seen = new Set<string>();
    for (let stop = 0; stop <= stops; stop += 1) {
      const folder = join(place.path, `stop-${stop}`);
      await cp(oldFolder, folder, { recursive: true });
      await cp(newFolder, join(folder, 'temporary', 'staged'), { recursive: true });
      for (const name of await readdir(join(folder, 'temporary', 'staged'))) if (name.startsWith('lock')) await rm(join(folder, 'temporary', 'staged', name));
      await stopped(folder, stop);
      const journal = openJournal(folder);
      const found = [journal.run('run-old') === undefined ? '' : 'old', journal.run('run-new') === undefined ? '' : 'new'].join('');
      assert.deepEqual(await readdir(join(folder, 'frames')), [`run-${found}`], `stopped after ${stop}`);
      assert.deepEqual(await readdir(join(folder, 'artefacts')), [`run-${found}`]);
      assert.equal((await journal.picture(`run-${found}`, 'f1')).bytes.length, 5000);
      seen.add(found);
      journal.close();
    }
    assert.deepEqual([...seen].toSorted(), ['new', 'old']);
  });

  it('gives way to the journal before it when it cannot be opened', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const mine = openJournal(folder.path);
    await addRun(mine, 'run-mine');
    mine.close();
    const theirs = openJournal(other.path);
    await addRun(theirs, 'run-theirs');
    theirs.close();
    const staged = join(folder.path, 'temporary', 'staged');
    await cp(other.path, staged, { recursive: true });
    await rm(join(staged, 'lock.sqlite'), { force: true });
    const database = new DatabaseSync(join(staged, 'journal.sqlite'));
    database.exec('PRAGMA user_version = 999');
    database.close();
    appoint(folder.path, staged);
    putInPlace(folder.path);
    const journal = openJournal(folder.path);
    assert.equal(journal.run('run-mine')?.version, 2);
    assert.deepEqual(await readdir(join(folder.path, 'frames')), ['run-mine']);
    journal.close();
  });
});

/** A process that puts the staged journal in place and is killed after so many changes of names. */
async function stopped(folder: string, after: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'stop-in-restore.ts'), folder, String(after)], { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.ok(code === 0 || signal === 'SIGKILL', `${code} ${signal}`);
}
