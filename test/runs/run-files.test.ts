import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { GiveBack, TakeControl } from '../../controller/runs/control/control.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import type { Run, RunState } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const soon = () => AbortSignal.timeout(10_000);
const done = () => turnWith([], 'done');
const flagged = () => turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [{ id: 'sc', code: 'x', message: 'look' }] }]);
const request = (more: object = {}) => RunRequest.parse({ task: 'do it', ...more });

async function world(turns: ScriptedModel['turns']) {
  const folder = await temporaryFolder();
  const desktops = fakeDesktops();
  const model = scriptedModel(turns);
  const open = () => {
    const journal = openJournal(folder.path);
    return { journal, runs: createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 2, makeBriefing: (_display, extra) => ({ version: 'test', text: `You have a desktop.\n${extra ?? ''}` }) }) };
  };
  let present = open();
  return {
    desktops, model,
    get runs() { return present.runs; },
    get journal() { return present.journal; },
    upload: (text: string, by = ann, name = 'letter.txt') => present.runs.uploads.take(name, (async function* () { yield Buffer.from(text); })(), undefined, by),
    kept: () => readdir(join(folder.path, 'uploads')),
    path: (id: string) => join(folder.path, 'uploads', id),
    facts: (id: string) => present.runs.events({ runId: id, after: 0, limit: 1000 }, ann).map(({ fact }) => fact),
    reach: (id: string, state: RunState) => waitFor(`run ${id} ${state}`, (): Run | undefined => {
      const run = present.runs.get(id, ann);
      return run.state === state ? run : undefined;
    }),
    desktopOf: (id: string) => desktops.made.get(present.runs.get(id, ann).desktopId ?? '') ?? assert.fail('no desktop'),
    async restart() {
      await present.runs.close();
      present.journal.close();
      present = open();
      present.runs.takeUp();
    },
    async [Symbol.asyncDispose]() {
      await present.runs.close();
      present.journal.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Holds the writing of files back on every desktop that is launched from now on. */
function holdWrites(desktops: ReturnType<typeof fakeDesktops>): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const launch = desktops.launch.bind(desktops);
  desktops.launch = async (...args) => {
    const desktop = await launch(...args);
    const made = desktops.made.get(desktop.id);
    if (made !== undefined) made.writeGate = promise;
    return desktop;
  };
  return () => {
    desktops.launch = launch;
    resolve();
  };
}

describe('the files of a run', () => {
  it('lie in its desktop before the model is asked, are in its journal and its briefing, and are kept no longer', async () => {
    await using w = await world([flagged(), done()]);
    const [letter, table] = [await w.upload('Dear reader'), await w.upload('1,2')];
    const { id } = w.runs.create(request({ files: [{ upload: letter.id, path: 'letter.txt' }, { upload: table.id, path: '/home/agent/Data/table 1.csv' }], instructions: 'Be brief.' }), ann);
    await w.reach(id, 'awaitingSafetyAck');
    const desktop = w.desktopOf(id);
    assert.deepEqual(Object.fromEntries([...desktop.files].map(([path, bytes]) => [path, bytes.toString()])), { 'letter.txt': 'Dear reader', '/home/agent/Data/table 1.csv': '1,2' });
    const types = w.facts(id).map(({ type }) => type);
    assert.ok(types.lastIndexOf('file.put') < types.indexOf('frame.captured') && types.indexOf('frame.captured') < types.indexOf('model.asked'), types.join());
    assert.deepEqual(w.facts(id).filter(({ type }) => type === 'file.put'), [
      { type: 'file.put', path: 'letter.txt', size: 11, sha256: letter.sha256 }, { type: 'file.put', path: '/home/agent/Data/table 1.csv', size: 3, sha256: table.sha256 },
    ]);
    assert.match(w.model.asked[0]?.briefing ?? '', /Be brief\.\n\nFiles that belong to the task lie on your desktop:\n- "\/home\/agent\/letter\.txt"\n- "\/home\/agent\/Data\/table 1\.csv"/);
    await waitFor('the uploads are gone', async () => (await w.kept()).length === 0);
    assert.throws(() => w.runs.uploads.get(letter.id, ann), { code: 'not_found' });
  });

  it('are put in once more after a restart in the middle, told once, and are the same', async () => {
    await using w = await world([done()]);
    const release = holdWrites(w.desktops);
    const { id: upload } = await w.upload('Dear reader');
    const { id } = w.runs.create(request({ files: [{ upload, path: 'letter.txt' }], keepForMs: 60_000 }), ann);
    await waitFor('the desktop', () => w.journal.effects(id).some(({ kind }) => kind === 'put'));
    await w.restart();
    assert.deepEqual(await w.kept(), [upload], 'it is kept until it lies there');
    release();
    assert.equal((await w.runs.ended(id, ann, soon())).state, 'succeeded');
    assert.equal(w.facts(id).filter(({ type }) => type === 'file.put').length, 1);
    assert.equal(w.desktopOf(id).files.get('letter.txt')?.toString(), 'Dear reader');
  });

  it('are kept for a run that may begin anew, lie on its second desktop too, and go with its end', async () => {
    await using w = await world([flagged(), done()]);
    const { id: upload } = await w.upload('Dear reader');
    const { id } = w.runs.create(request({ files: [{ upload, path: 'letter.txt' }], onDesktopLost: 'start_over', keepForMs: 60_000 }), ann);
    await w.reach(id, 'awaitingSafetyAck');
    assert.deepEqual(await w.kept(), [upload]);
    const first = w.desktopOf(id);
    first.end({ kind: 'lost', reason: 'killed' });
    assert.equal((await w.runs.ended(id, ann, soon())).state, 'succeeded');
    assert.notEqual(w.desktopOf(id).id, first.id);
    assert.equal(w.desktopOf(id).files.get('letter.txt')?.toString(), 'Dear reader');
    await waitFor('the upload is gone', async () => (await w.kept()).length === 0);
  });

  it('wait while a person is in control, and are put in when control comes back', async () => {
    await using w = await world([done()]);
    const release = holdWrites(w.desktops);
    const { id: upload } = await w.upload('Dear reader');
    const { id } = w.runs.create(request({ files: [{ upload, path: 'letter.txt' }], keepForMs: 60_000 }), ann);
    await waitFor('the desktop', () => w.journal.effects(id).some(({ kind }) => kind === 'put'));
    const desktopId = w.desktopOf(id).id;
    const { lease } = await w.runs.control.take(desktopId, TakeControl.parse({ reason: 'a look' }), false, ann, soon());
    assert.deepEqual(w.journal.effects(id).map(({ kind }) => kind), []);
    release();
    assert.equal(w.model.asked.length, 0);
    w.runs.control.giveBack(desktopId, GiveBack.parse({ lease }), ann);
    assert.equal((await w.runs.ended(id, ann, soon())).state, 'succeeded');
    assert.equal(w.facts(id).filter(({ type }) => type === 'file.put').length, 1);
  });

  it('end the run where they cannot be put in, or are not what was sent, with the reason', async () => {
    await using w = await world([done(), done()]);
    const launch = w.desktops.launch.bind(w.desktops);
    const { id: upload } = await w.upload('Dear reader');
    const full = new VitrineError('unprocessable', "letter.txt: the desktop's disk is full");
    w.desktops.launch = async (...args) => Object.assign(await launch(...args), { failWrite: full });
    const { id } = w.runs.create(request({ files: [{ upload, path: 'letter.txt' }] }), ann);
    const failed = await w.runs.ended(id, ann, soon());
    assert.deepEqual(failed.failure, { code: 'desktop_failed', message: `the files of the run could not be put into its desktop: ${full.message}` });
    await waitFor('the upload is gone', async () => (await w.kept()).length === 0);

    w.desktops.launch = launch;
    const { id: damaged } = await w.upload('Dear reader');
    await writeFile(w.path(damaged), 'Dear  reader');
    const other = w.runs.create(request({ files: [{ upload: damaged, path: 'letter.txt' }] }), ann);
    assert.match((await w.runs.ended(other.id, ann, soon())).failure?.message ?? '', /cannot be read as it was sent/);
    assert.equal(w.model.asked.length, 0, 'no model was asked without them');

    const { id: lost } = await w.upload('Dear reader');
    w.desktops.launch = async (...args) => {
      await w.journal.releaseUploads(args[2]?.runId ?? '');
      return launch(...args);
    };
    const without = await w.runs.ended(w.runs.create(request({ files: [{ upload: lost, path: 'letter.txt' }], onDesktopLost: 'start_over' }), ann).id, ann, soon());
    assert.match(without.failure?.message ?? '', /letter\.txt is not kept any more/);
    assert.ok(!w.facts(without.id).some(({ type }) => type === 'run.started_over'), 'no fresh desktop brings it back');
  });

  it('are refused where another token or project sent them, a run has them, or they have expired', async () => {
    await using w = await world([flagged(), flagged()]);
    const { id: upload } = await w.upload('Dear reader');
    const give = (id: string, by = ann) => w.runs.create(request({ files: [{ upload: id, path: 'letter.txt' }] }), by);
    for (const by of [{ name: 'bob', project: 'default' }, { name: 'ann', project: 'blue' }]) {
      assert.throws(() => give(upload, by), { code: 'not_found' });
      assert.throws(() => w.runs.uploads.get(upload, by), { code: 'not_found' });
      await assert.rejects(w.runs.uploads.remove(upload, by), { code: 'not_found' });
    }
    const { id } = give(upload);
    assert.equal(w.runs.uploads.get(upload, ann).runId, id);
    assert.throws(() => give(upload), { code: 'conflict', message: new RegExp(id) });
    await assert.rejects(w.runs.uploads.remove(upload, ann), { code: 'conflict' });
    const old = await w.journal.keepUpload({ project: 'default', owner: 'ann', name: 'old', createdAt: 1, expiresAt: Date.now() - 1 }, (async function* () { yield Buffer.from('x'); })(), 9);
    assert.throws(() => give(old.id), { code: 'not_found', message: /waits 60 minutes/ });
    assert.equal(w.runs.list({ limit: 10 }, ann).items.length, 1, 'nothing else began');
  });

  it('are bounded in number, in size together, and in how much waits', async () => {
    await using w = await world([]);
    const paths = (count: number) => Array.from({ length: count }, (_, index) => ({ upload: 'u', path: `f${index}` }));
    assert.equal(RunRequest.safeParse({ task: 'x', files: paths(32) }).success, true);
    assert.equal(RunRequest.safeParse({ task: 'x', files: paths(33) }).success, false);
    const bytes = (async function* () { yield Buffer.from('x'); })();
    await assert.rejects(w.runs.uploads.take('big', bytes, 256 * 2 ** 20 + 1, ann), { code: 'payload_too_large' });
    await assert.rejects(w.runs.uploads.take('short', bytes, 5, ann), { code: 'invalid_request', message: /cut short after 1 bytes/ });
    for (let count = 0; count < 64; count += 1) await w.runs.uploads.take('small', (async function* () {})(), 0, ann);
    await assert.rejects(w.upload('one more'), { code: 'too_many_requests' });
    await w.upload('of somebody else', { name: 'bob', project: 'default' });
  });
});

describe('the path of a file', () => {
  const isTaken = (...files: string[]) => RunRequest.safeParse({ task: 'x', files: files.map((path) => ({ upload: 'u', path })) }).success;

  it('names a file below the home folder', () => {
    for (const path of ['a.txt', 'Data/a.txt', './a.txt', '/home/agent/a.txt', 'a b/Grüße 你好.txt', '..a', 'a..']) assert.ok(isTaken(path), path);
    for (const path of ['', '.', '/', '..', '../a', 'a/../../b', 'a/..', '/etc/passwd', '/home/agent', '/home/agent/', '/home/agent2/x', '/home/agent/../other/x', 'folder/', 'a/.', 'a\0b', 'x'.repeat(256), 'x/'.repeat(65) + 'x']) assert.ok(!isTaken(path), path);
  });

  it('is nobody else\'s, and no other file\'s folder', () => {
    assert.ok(isTaken('a', 'b/a', 'ab'));
    assert.ok(!isTaken('a', './a'));
    assert.ok(!isTaken('a', '/home/agent/a'));
    assert.ok(!isTaken('a/b', 'a'));
  });
});
