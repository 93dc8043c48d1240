import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, it } from 'node:test';
import { pino } from 'pino';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { TakeControl } from '../../controller/runs/control/control.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import type { FakeDesktop, FakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const bea = { name: 'bea', project: 'default' };
const foreign = { name: 'eve', project: 'other' };
const soon = () => AbortSignal.timeout(10_000);
const folders: string[] = [];
const opened: (() => Promise<void>)[] = [];
const taking = (more: object = {}) => TakeControl.parse({ reason: 'a captcha', ...more });
const direct = { actions: [click], capture: undefined, settle: undefined, decidedOn: undefined, staleTarget: undefined };
const secretText = 'hunter2-Grüße';
const typing = { ...direct, actions: [{ type: 'type' as const, text: secretText }, { type: 'key' as const, keys: ['p'], repeat: 1 }, { type: 'key' as const, keys: ['ctrl', 'l'], repeat: 1 }] };

function open(folder: string, desktops: FakeDesktops, model: ScriptedModel) {
  const journal = openJournal(folder);
  const runs = createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
  opened.push(() => runs.close());
  return { runs, journal, desktops, model, folder };
}
type World = ReturnType<typeof open>;

async function world(turns: ScriptedModel['turns']): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-control-'));
  folders.push(folder);
  return open(folder, fakeDesktops(), scriptedModel(turns));
}

/** A model's run whose action hangs in the desktop until `let go`. */
async function acting(turns: ScriptedModel['turns'] = [turnWith([], 'done')]) {
  const w = await world([turnWith([{ callId: 'call_1', actions: [click, click], safetyChecks: [] }]), ...turns]);
  const gate = Promise.withResolvers<void>();
  w.desktops.newGate = gate.promise;
  const { id } = w.runs.create(RunRequest.parse({ task: 'do it' }), ann);
  await waitFor('the action is under way', () => w.runs.get(id, ann).state === 'executingAction' && [...w.desktops.made.values()][0]?.performedIds.length === 1);
  const [desktop] = [...w.desktops.made.values()];
  assert.ok(desktop);
  return { ...w, runId: id, desktop, desktopId: desktop.id, letGo: gate.resolve };
}

function isConflict(pattern: RegExp) {
  return (error: unknown) => (error as VitrineError).code === 'conflict' && pattern.test((error as VitrineError).message);
}

/** Everything that the data folder's database holds, as text. */
function everythingIn(folder: string): string {
  using database = new DatabaseSync(join(folder, 'journal.sqlite'), { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all().map(({ name }) => String(name));
  return tables.map((table) => JSON.stringify(database.prepare(`SELECT * FROM ${table}`).all())).join('\n');
}

/** What the model is told besides its task. */
function notesOf({ runs, runId }: { readonly runs: World['runs']; readonly runId: string }): string[] {
  return runs.events({ runId, after: 0, limit: 500 }, ann).flatMap(({ fact }) => (fact.type === 'note.added' ? [fact.text] : []));
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe('control of a desktop', () => {
  it('is taken during an action, shown without its secret, and given back with a fresh look and a word to the model', async () => {
    const w = await acting();
    const taken = w.runs.control.take(w.desktopId, taking(), false, bea, soon());
    w.letGo();
    const { lease, holder, processes, released, runId } = await taken;
    assert.deepEqual([holder, runId, released.keys, processes.map(({ command }) => command)], ['bea', w.runId, ['shift'], ['xterm']]);
    await waitFor('the outcome of the action is recorded', () => w.runs.get(w.runId, ann).steps === 1);
    const view = w.runs.get(w.runId, ann);
    assert.deepEqual([view.control, view.lease?.holder, view.waitsFor], ['operator', 'bea', 'bea, who is in control']);
    assert.ok(!JSON.stringify([view, w.runs.events({ runId: w.runId, after: 0, limit: 500 }, ann)]).includes(lease));
    const asked = w.model.asked.length;

    const { performed } = await w.runs.performDirectly(w.desktopId, { ...typing, capture: {}, lease }, bea, soon());
    assert.deepEqual(performed.map(({ outcome }) => outcome.status), ['performed', 'performed', 'performed']);
    assert.equal(w.model.asked.length, asked, 'the model is asked nothing meanwhile');
    const frames = w.runs.events({ runId: w.runId, after: 0, limit: 500 }, ann).filter(({ fact }) => fact.type === 'frame.captured').length;
    assert.equal(frames, 1, 'only the frame before the first turn is kept');

    w.runs.control.giveBack(w.desktopId, { lease, note: 'signed in' }, bea);
    const run = await w.runs.ended(w.runId, ann, soon());
    assert.deepEqual([run.state, run.answer, run.steps], ['succeeded', 'done', 1]);
    const told = w.model.asked[1]?.transcript.flatMap((entry) => (entry.kind === 'note' ? [entry.text] : [])).join(' ') ?? '';
    assert.match(told, /A person was in control.*typed 13 characters, pressed keys 2 times.*signed in/);
    const stored = everythingIn(w.folder);
    assert.ok(stored.includes('"characters":13') || stored.includes('\\"characters\\":13'), 'the journal knows that something was typed');
    assert.ok(!stored.includes(secretText), 'and not what');
    assert.ok(stored.includes('•') && stored.includes('ctrl'), 'a single key is hidden, a shortcut is not');
    assert.deepEqual(w.desktop.epochs, [1, 2, 3]);
  });

  it('keeps everybody else out, by name and without a queue', async () => {
    const w = await acting();
    w.letGo();
    const { lease } = await w.runs.control.take(w.desktopId, taking(), false, bea, soon());
    const { id } = w.desktop;
    await assert.rejects(async () => w.runs.performDirectly(id, direct, ann, soon()), isConflict(/bea is in control of desktop .* until .*a captcha/));
    await assert.rejects(async () => w.runs.performDirectly(id, { ...direct, lease: '0'.repeat(32) }, bea, soon()), isConflict(/bea is in control/));
    await assert.rejects(async () => w.runs.performDirectly(id, { ...direct, lease }, ann, soon()), isConflict(/bea is in control/), 'a lease is worth nothing to another token');
    await assert.rejects(w.runs.control.take(id, taking(), false, ann, soon()), (error: VitrineError) => error.code === 'conflict' && error.details?.['holder'] === 'bea' && typeof error.details['until'] === 'number');
    await assert.rejects(w.runs.releaseDesktop(id, ann, undefined, soon()), isConflict(/bea is in control/));
    assert.throws(() => w.runs.control.admit(id, undefined, ann, soon()), isConflict(/bea is in control/));
    assert.throws(() => w.runs.resume(w.runId, ann), isConflict(/operator/));
    assert.throws(() => w.runs.pause(w.runId, ann), isConflict(/operator/));
    await assert.rejects(w.runs.control.take(id, taking(), false, foreign, soon()), { code: 'not_found' });
    const again = await w.runs.control.take(id, taking({ ttlMs: 600_000 }), false, bea, soon());
    assert.equal(again.lease, lease, 'the same holder has it already');
    assert.ok((again.until ?? 0) > Date.now() + 500_000);
    w.runs.control.request(id, { reason: 'my turn' }, ann);
    assert.deepEqual(w.runs.get(w.runId, ann).lease?.requests.map(({ by }) => by), ['ann']);
    const seized = await w.runs.control.take(id, taking(), true, ann, soon());
    assert.deepEqual([seized.holder, seized.lease === lease], ['ann', false]);
    assert.throws(() => w.runs.control.renew(id, { lease, ttlMs: 60_000 }, bea), isConflict(/ann is in control/));
  });

  it('is one of many at once: exactly one of them gets it', async () => {
    const w = await acting();
    w.letGo();
    const people = Array.from({ length: 10 }, (_, index) => ({ name: `person-${index}`, project: 'default' }));
    const results = await Promise.allSettled(people.map((person) => w.runs.control.take(w.desktopId, taking(), false, person, soon())));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results) if (result.status === 'rejected') assert.match(String(result.reason), /is in control of desktop/);
  });

  it('ends what else is being done on the desktop, and what was admitted under the lease ends with it', async () => {
    const w = await acting();
    w.letGo();
    const before = w.runs.control.admit(w.desktopId, undefined, ann, soon());
    const { lease } = await w.runs.control.take(w.desktopId, taking(), false, bea, soon());
    assert.match(String(before.reason), /passed to bea meanwhile/);
    const during = w.runs.control.admit(w.desktopId, lease, bea, soon());
    assert.equal(during.aborted, false);
    w.runs.control.giveBack(w.desktopId, { lease }, bea);
    assert.equal(during.aborted, true);
  });

  it('is held by the lease of whoever took it, until it is given back or its time is over', async () => {
    const w = await acting();
    const { lease } = await w.runs.control.take(w.desktopId, taking({ ttlMs: 5000 }), false, ann, soon());
    const holds = () => [w.runs.control.holds(w.desktopId, lease, ann), w.runs.control.holds(w.desktopId, lease, bea), w.runs.control.holds(w.desktopId, `${lease.slice(1)}x`, ann), w.runs.control.holds('d-other', lease, ann)];
    assert.deepEqual(holds(), [true, false, false, false]);
    w.runs.control.giveBack(w.desktopId, { lease }, ann);
    assert.deepEqual(holds(), [false, false, false, false]);
    w.letGo();
  });

  it('is told to the model with how much was done in the live view, and not what', async () => {
    const w = await acting();
    w.letGo();
    const { lease } = await w.runs.control.take(w.desktopId, taking(), false, ann, soon());
    for (const kind of ['click', 'key', 'key', 'scroll', 'key'] as const) w.runs.control.noteInput(lease, kind);
    w.runs.control.noteInput('lease-of-nobody', 'key');
    w.runs.control.giveBack(w.desktopId, { lease, note: 'there you are' }, ann);
    assert.equal((await w.runs.ended(w.runId, ann, soon())).state, 'succeeded');
    assert.match(notesOf(w).join(), /in control of this desktop .* and clicked once, pressed keys 3 times, scrolled once\. .*there you are/);
  });

  it('is told with every press also when somebody takes it away', async () => {
    const w = await acting();
    w.letGo();
    const { lease } = await w.runs.control.take(w.desktopId, taking(), false, ann, soon());
    for (let press = 0; press < 3; press += 1) w.runs.control.noteInput(lease, 'key');
    await w.runs.control.take(w.desktopId, taking(), true, bea, soon());
    assert.match(notesOf(w).join(), /pressed keys 3 times\. bea has taken it over/);
  });

  it('shows what the agent left running, and ends it for the holder only', async () => {
    const w = await acting();
    w.letGo();
    const { lease, processes } = await w.runs.control.take(w.desktopId, taking(), false, bea, soon());
    const [left] = processes;
    await assert.rejects(w.runs.control.endProcess(w.desktopId, { lease, pid: left?.pid ?? 0, command: left?.command ?? '' }, ann, soon()), isConflict(/bea is in control/));
    const after = await w.runs.control.endProcess(w.desktopId, { lease, pid: left?.pid ?? 0, command: left?.command ?? '' }, bea, soon());
    assert.deepEqual(after.processes, []);
  });

  it('opens a run of its own on a desktop without one', async () => {
    const w = await world([]);
    await w.desktops.launch('d1', { display: { width: 1280, height: 800 }, template: 'default' }, { project: 'default', runId: undefined }, () => {}, soon());
    const { lease, runId } = await w.runs.control.take('d1', taking({ as: 'Bea' }), false, ann, soon());
    assert.equal(w.runs.control.view('d1', ann).holder, 'Bea (ann)');
    const { run } = await w.runs.performDirectly('d1', { ...direct, lease }, ann, soon());
    assert.deepEqual([run.id, run.driver], [runId, 'caller']);
    w.runs.control.giveBack('d1', { lease }, ann);
    await waitFor('the desktop knows', () => w.desktops.made.get('d1')?.epochs.length === 3);
    const after = await w.runs.performDirectly('d1', direct, ann, soon());
    assert.equal(after.run.id, runId, 'the run goes on for its caller');
    await w.runs.releaseDesktop('d1', ann, undefined, soon());
  });

  it('goes to nobody when the lease ends, and waits in the inbox', async () => {
    const w = await acting();
    w.letGo();
    const { until, lease } = await w.runs.control.take(w.desktopId, taking({ ttlMs: 5000 }), false, bea, soon());
    await waitFor('the last moments of the lease', () => Date.now() > (until ?? 0) - 700);
    for (const kind of ['key', 'click'] as const) w.runs.control.noteInput(lease, kind);
    await waitFor('the lease has ended', () => w.runs.get(w.runId, ann).control === 'paused', 15_000);
    assert.ok(Date.now() >= (until ?? 0));
    assert.match(notesOf(w).join(), /pressed keys once, clicked once\. They did not give it back/, 'with all that was done until then');
    const [item] = w.runs.control.inbox(ann);
    assert.deepEqual([item?.kind, item?.runId, w.runs.control.inbox(foreign).length], ['lease_expired', w.runId, 0]);
    assert.match(item?.words ?? '', /the lease of bea ended and was not renewed/);
    assert.equal(w.model.asked.length, 1, 'the agent gets nothing by that');
    await assert.rejects(async () => w.runs.performDirectly(w.desktopId, direct, ann, soon()), isConflict(/belongs to run/));
    w.runs.resume(w.runId, ann);
    assert.equal((await w.runs.ended(w.runId, ann, soon())).state, 'succeeded');
  });
});

describe('a run that ends while a person is in control', () => {
  it('leaves the desktop to them until they give it back, with a run that stands in', async () => {
    const w = await acting();
    w.letGo();
    const { lease } = await w.runs.control.take(w.desktopId, taking(), false, bea, soon());
    w.runs.cancel(w.runId, 'enough', ann);
    assert.equal((await w.runs.ended(w.runId, ann, soon())).state, 'cancelled');
    const { run } = await w.runs.performDirectly(w.desktopId, { ...direct, lease }, bea, soon());
    assert.deepEqual([run.driver, run.control, run.lease?.holder], ['caller', 'operator', 'bea']);
    assert.equal(w.desktops.made.size, 1, 'the desktop is there');
    assert.equal(w.desktop.epochs.at(-1), w.journal.controlEpoch(w.desktopId));
    w.runs.control.giveBack(w.desktopId, { lease }, bea);
    assert.equal((await w.runs.ended(run.id, ann, soon())).state, 'succeeded');
    await waitFor('the desktop goes as the first run would have let it go', () => w.desktops.made.size === 0);
  });

  it('is told so when the desktop is lost under them', async () => {
    const w = await acting();
    w.letGo();
    const { lease } = await w.runs.control.take(w.desktopId, taking(), false, bea, soon());
    (w.desktop as FakeDesktop).end({ kind: 'lost', reason: 'killed' });
    assert.equal((await w.runs.ended(w.runId, ann, soon())).failure?.code, 'desktop_lost');
    await w.desktops.release(w.desktopId, 'it is lost');
    await assert.rejects(async () => w.runs.performDirectly(w.desktopId, { ...direct, lease }, bea, soon()), { code: 'not_found' });
  });
});

describe('control after a restart', () => {
  it('has the same holder and deadline, and a fence that was in flight is sent again', async () => {
    const w = await acting();
    w.letGo();
    const fence = Promise.withResolvers<void>();
    w.desktop.fenceGate = fence.promise;
    const taken = w.runs.control.take(w.desktopId, taking(), false, bea, soon()).catch((error: unknown) => error);
    await waitFor('control has passed', () => w.runs.get(w.runId, ann).lease !== null);
    const { until } = w.runs.get(w.runId, ann).lease ?? assert.fail();
    w.journal.close(); // as good as killed
    fence.resolve();
    w.desktop.fenceGate = undefined;
    const next = open(w.folder, w.desktops, scriptedModel([turnWith([], 'after')]));
    next.runs.takeUp();
    await waitFor('the desktop knows', () => next.runs.get(w.runId, ann).lease?.isFenced === true);
    assert.deepEqual([next.runs.get(w.runId, ann).control, next.runs.get(w.runId, ann).lease?.until], ['operator', until]);
    assert.equal(w.desktop.epochs.at(-1), next.journal.controlEpoch(w.desktopId));
    const { lease } = await next.runs.control.take(w.desktopId, taking(), false, bea, soon());
    next.runs.control.giveBack(w.desktopId, { lease }, bea);
    assert.equal((await next.runs.ended(w.runId, ann, soon())).answer, 'after');
    await Promise.all([w.runs.close(), taken]);
  });

  it('has counted what was done before the controller stopped', async () => {
    const w = await acting();
    w.letGo();
    const { lease } = await w.runs.control.take(w.desktopId, taking(), false, bea, soon());
    w.runs.control.noteInput(lease, 'key');
    await w.runs.close();
    w.journal.close();
    const next = open(w.folder, w.desktops, scriptedModel([turnWith([], 'after')]));
    next.runs.takeUp();
    next.runs.control.giveBack(w.desktopId, { lease }, bea);
    assert.match(notesOf({ runs: next.runs, runId: w.runId }).join(), /pressed keys once/);
    await next.runs.ended(w.runId, ann, soon());
  });

  it('does not repeat what a person did: its outcome is unknown', async () => {
    const w = await acting();
    w.letGo();
    const { lease } = await w.runs.control.take(w.desktopId, taking(), false, bea, soon());
    const gate = Promise.withResolvers<void>();
    w.desktop.gate = gate.promise;
    const typed = w.runs.performDirectly(w.desktopId, { ...typing, lease }, bea, soon()).catch((error: unknown) => error);
    const count = w.desktop.performedIds.length;
    await waitFor('it is under way', () => w.desktop.performedIds.length > count || w.desktop.performedRequests.some(({ action }) => action.type === 'type'));
    const sent = w.desktop.performedIds.length;
    w.journal.close();
    gate.resolve();
    const next = open(w.folder, w.desktops, scriptedModel([]));
    next.runs.takeUp();
    const acted = await waitFor('the outcome is recorded', () => next.runs.events({ runId: w.runId, after: 0, limit: 500 }, ann).map(({ fact }) => fact).find((fact) => fact.type === 'operator.acted'));
    assert.deepEqual([acted.type === 'operator.acted' ? acted.outcome.status : '', w.desktop.performedIds.length], ['unknown', sent]);
    assert.equal(next.runs.get(w.runId, ann).control, 'operator');
    await Promise.all([w.runs.close(), typed, next.runs.close()]);
  });
});
