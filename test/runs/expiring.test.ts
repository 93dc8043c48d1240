import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { TakeControl } from '../../controller/runs/control/control.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const ann = { name: 'ann', project: 'default' };
const soon = () => AbortSignal.timeout(10_000);
const reason = 'it reached its maximum lifetime of 600 s (VITRINE_HARD_LIFETIME_SECONDS)';

/** A run whose model thinks for ever, with a file in its Outbox, on a desktop that can be told its age. */
async function thinking(folder: string, request: object = {}) {
  const [journal, desktops] = [openJournal(folder), fakeDesktops()];
  const model = scriptedModel([new Promise(() => {}), new Promise(() => {}), new Promise(() => {})]);
  const runs = createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, maxQueued: 10, makeBriefing: () => ({ version: 'test', text: '' }) });
  const { id } = runs.create(RunRequest.parse({ task: 'think', ...request }), ann);
  await waitFor('the model is asked', () => runs.get(id, ann).state === 'awaitingModel');
  const desktopId = runs.get(id, ann).desktopId ?? '';
  desktops.made.get(desktopId)?.files.set('Outbox/report.txt', Buffer.from('all is well'));
  return {
    runs, desktops, id, desktopId,
    expire: (isLast: boolean) => desktops.expire({ desktopId, reason, isLast }),
    async [Symbol.asyncDispose]() {
      await runs.close();
      journal.close();
    },
  };
}

describe('a run whose desktop reaches its maximum lifetime', () => {
  it('ends before it, with its Outbox, and lets the desktop go', async () => {
    await using folder = await temporaryFolder();
    await using w = await thinking(folder.path, { keepForMs: 60_000 });
    w.expire(false);
    const run = await w.runs.ended(w.id, ann, soon());
    assert.deepEqual([run.state, run.failure?.code, run.failure?.message], ['failed', 'desktop_lost', `the desktop ended: ${reason}`]);
    assert.deepEqual(run.artefacts.map(({ name, size }) => [name, size]), [['report.txt', 11]]);
    assert.equal(w.desktops.made.has(w.desktopId), false, 'nothing is left to be kept for a while');
  });

  it('leaves it to a person in control as long as can be, and keeps the Outbox then', async () => {
    await using folder = await temporaryFolder();
    await using w = await thinking(folder.path);
    await w.runs.control.take(w.desktopId, TakeControl.parse({}), false, ann, soon());
    w.expire(false);
    assert.deepEqual([w.runs.get(w.id, ann).state, w.runs.get(w.id, ann).control], ['awaitingModel', 'operator']);
    w.expire(true);
    const run = await w.runs.ended(w.id, ann, soon());
    assert.deepEqual([run.failure?.code, run.artefacts.map(({ name }) => name)], ['desktop_lost', ['report.txt']]);
    assert.equal(w.desktops.made.has(w.desktopId), false);
    assert.equal(w.runs.list({ states: ['awaitingCaller'], limit: 10 }, ann).items.length, 0, 'nobody stands in on a desktop that ends');
  });

  it('goes on to the last where it is to begin anew', async () => {
    await using folder = await temporaryFolder();
    await using w = await thinking(folder.path, { onDesktopLost: 'start_over' });
    w.expire(true);
    assert.equal(w.runs.get(w.id, ann).endedAt, null);
    w.desktops.made.get(w.desktopId)?.end({ kind: 'lost', reason });
    await waitFor('another desktop', () => (w.runs.get(w.id, ann).desktopId ?? w.desktopId) !== w.desktopId);
  });
});
