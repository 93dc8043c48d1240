import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenDesktop } from '../../controller/desktops/open-desktop.ts';
import { awaitServers, StageClock } from '../../controller/desktops/readiness.ts';
import { VitrineError } from '../../controller/errors.ts';
import type { ErrorCode } from '../../controller/errors.ts';

/** A desktop whose shim fails to be reached so often, and then answers. */
function slowDesktop(failures: readonly ErrorCode[]): Pick<OpenDesktop, 'connect' | 'state'> {
  const left = [...failures];
  return {
    async connect() {
      const code = left.shift();
      if (code !== undefined) throw new VitrineError(code, `it is ${code}`);
    },
    state: async () => ({ held: [], pointer: { x: 0, y: 0 }, activeWindow: null, windows: [] }) as unknown as Awaited<ReturnType<OpenDesktop['state']>>,
  };
}

describe('a desktop whose servers start', () => {
  it('is asked again while nobody listens, and while an answer takes too long', async () => {
    const reached: string[] = [];
    await awaitServers(slowDesktop(['unavailable', 'deadline_exceeded', 'unavailable']), new StageClock(({ stage }) => void reached.push(stage)), AbortSignal.timeout(10_000));
    assert.deepEqual(reached, ['container', 'shim']);
  });

  it('is given up at once where it breaks the contract, and when the launch has taken too long', async () => {
    const clock = new StageClock(() => {});
    await assert.rejects(awaitServers(slowDesktop(['desktop_broken']), clock, AbortSignal.timeout(10_000)), { code: 'desktop_broken' });
    await assert.rejects(awaitServers(slowDesktop(Array.from({ length: 100 }, () => 'deadline_exceeded' as const)), clock, AbortSignal.timeout(100)), { name: 'AbortError' });
  });
});
