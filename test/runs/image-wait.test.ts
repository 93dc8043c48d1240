import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { Desktop, Desktops } from '../../controller/desktops/desktop.ts';
import { VitrineError } from '../../controller/errors.ts';
import { launchDesktop } from '../../controller/runs/effects/take-desktop.ts';
import type { EffectOwner, EffectTools } from '../../controller/runs/effects/effect.ts';
import type { RunCommand } from '../../controller/runs/run-command.ts';
import type { RunContext } from '../../controller/runs/run-context.ts';
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
