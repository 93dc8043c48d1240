import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { Desktop, Desktops } from '../../controller/desktops/desktop.ts';
import { VitrineError } from '../../controller/errors.ts';
import { launchDesktop } from '../../controller/runs/effects/take-desktop.ts';
import type { EffectOwner, EffectTools } from '../../controller/runs/effects/effect.ts';
import type { RunCommand } from '../../controller/runs/chart/run-command.ts';
import type { RunContext } from '../../controller/runs/chart/run-context.ts';
import { deadlinesOf } from '../../controller/runs/chart/run-deadlines.ts';
import { conversation } from './conversation.ts';
import { newRun } from './random-commands.ts';
import { asDesktop, MemoryDesktop } from '../support/memory-desktops.ts';

const never = new AbortController().signal;
const spec = { display: { width: 1280, height: 800 }, template: 'default' };
const missing = () => new VitrineError('image_missing', 'the desktop image does not exist');

/** A run's owner on an engine whose image is there once `reasons` of waiting have been given, or never. */
function ownerOf(reasons: (string | undefined)[], isThereAfter: boolean) {
  const said: RunCommand[] = [];
  let launches = 0;
  const desktops: Partial<Desktops> = {
    get: () => undefined,
    hold: () => {},
    async launch(id): Promise<Desktop> {
      launches += 1;
      if (isThereAfter && reasons.length === 0) return asDesktop(new MemoryDesktop(id, spec, 'default'));
      throw missing();
    },
  };
  const tools: Partial<EffectTools> = {
    desktops: desktops as Desktops, images: { worthWaiting: async () => reasons.shift() },
    say: (_runId, command) => void said.push(command), now: () => 1, log: pino({ level: 'silent' }),
  };
  const owner = { context: { runId: 'run-1', project: 'default', driver: 'caller' } as RunContext, tools: tools as EffectTools } satisfies EffectOwner;
  const launch = () => launchDesktop({ kind: 'launch', effectId: 'e1', desktopId: 'd-1', spec, epoch: 1, replaces: null }, owner, never);
  return { said, launch, launches: () => launches };
}

describe('a run whose launch waits for the image', () => {
  const waits = { type: 'desktop.waits', desktopId: 'd-1', reason: 'step 1 of 3' };
  const stage = { type: 'desktop.stage', desktopId: 'd-1', time: { stage: 'container', ms: 5 } };
  /** A run that has worked for 10 ms of its 1000 when its launch, at 2020, begins to wait. */
  function waiting() {
    const run = conversation(newRun({ budgets: { ...newRun().request.budgets, maxDurationMs: 1000 }, queueTimeoutMs: 60_000 }));
    run.say({ type: 'admit' });
    run.say({ ...waits, at: 2020 });
    return run;
  }

  it('has none of its working time pass, and all that it had left afterwards', () => {
    const run = waiting();
    assert.equal(run.context().clock.activeMs, 10);
    assert.deepEqual(deadlinesOf(run.context()), [{ deadlineId: 'stand', dueAt: 62_020 }]);
    run.say({ ...waits, reason: 'step 2 of 3', at: 32_020 });
    assert.deepEqual(deadlinesOf(run.context()), [{ deadlineId: 'stand', dueAt: 62_020 }], 'each word of it would begin the wait anew');
    run.say({ ...stage, at: 50_000 });
    assert.deepEqual(deadlinesOf(run.context()), [{ deadlineId: 'duration', dueAt: 50_990 }]);
    run.answer({ type: 'desktop.ready', at: 50_100, desktopId: 'd-1', display: spec.display, launchMs: 5 });
    assert.deepEqual([run.place().state, run.context().clock], ['observing', { activeMs: 110, since: 50_100 }]);
  });

  it('works again as soon as its desktop is there, told in stages or not', () => {
    const run = waiting();
    run.answer({ type: 'desktop.ready', at: 50_000, desktopId: 'd-1', display: spec.display, launchMs: 5 });
    assert.deepEqual(run.context().clock, { activeMs: 10, since: 50_000 });
  });

  it('waits no longer than a run waits for a desktop, and as long as any other while it is paused', () => {
    const run = waiting();
    run.say({ type: 'pause', at: 2100, by: 'ann', reason: null });
    assert.ok((deadlinesOf(run.context())[0]?.dueAt ?? 0) > 24 * 3_600_000);
    run.say({ type: 'resume', at: 3000, by: 'ann' });
    run.say({ type: 'deadline', deadlineId: 'stand', at: 63_000 });
    assert.equal(run.place().state, 'finishing');
    assert.deepEqual(run.context().ending?.failure, { code: 'queue_timeout', message: 'the desktop\'s image was not there within 60000 ms (queueTimeoutMs)' });
  });
});

describe('a launch that lacks its image', () => {
  it('waits while the image is being built, says how far it is, and goes on by itself', async () => {
    const { said, launch } = ownerOf(['step 1 of 3', 'step 1 of 3', 'step 2 of 3', undefined], true);
    assert.equal((await launch()).type, 'desktop.ready');
    assert.deepEqual(said.map((command) => command.type === 'desktop.waits' && command.reason), ['step 1 of 3', 'step 2 of 3']);
  });

  it('goes on when the image was built just before anybody asked', async () => {
    assert.equal((await ownerOf([undefined], true).launch()).type, 'desktop.ready');
  });

  it('fails when nothing builds it, and when the build fails', async () => {
    for (const reasons of [[], ['step 1 of 3', undefined]]) {
      const { launch, launches } = ownerOf(reasons, false);
      const outcome = await launch();
      assert.deepEqual([outcome.type, outcome.type === 'desktop.failed' && outcome.message], ['desktop.failed', missing().message]);
      assert.ok(launches() <= 3, `${launches()} launches`);
    }
  });
});
