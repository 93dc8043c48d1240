import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { DesktopContainer } from './desktop-container.ts';

async function untilStopped(desktop: DesktopContainer, timeoutMs: number): Promise<number> {
  const startedAtMs = performance.now();
  while (desktop.isRunning()) {
    assert.ok(performance.now() - startedAtMs < timeoutMs, `still running after ${timeoutMs} ms`);
    await delay(100);
  }
  return performance.now() - startedAtMs;
}

describe('the warden', () => {
  it('ends the container when no controller is heard for the bound', async () => {
    await using desktop = await DesktopContainer.start({ deadManSeconds: 3, session: false });
    await untilStopped(desktop, 15_000);
  });

  it('goes on while a controller is heard', async () => {
    await using desktop = await DesktopContainer.start({ deadManSeconds: 3, session: false });
    const untilMs = performance.now() + 7_000;
    while (performance.now() < untilMs) {
      assert.equal(desktop.run('warden', 'touch /run/vitrine/warden/heartbeat').code, 0);
      await delay(200);
    }
    await untilStopped(desktop, 15_000);
  });

  it('ends the container at its hard deadline, and at a nearer one that is given later', async () => {
    await using early = await DesktopContainer.start({
      hardDeadline: Math.floor(Date.now() / 1000) + 8,
      session: false,
    });
    await untilStopped(early, 20_000);
    await using later = await DesktopContainer.start({ session: false });
    later.run('warden', 'echo $((EPOCHSECONDS + 2)) > /run/vitrine/warden/hard-deadline');
    await untilStopped(later, 15_000);
  });

  it('reports a dead X server, and does not start another', async () => {
    await using desktop = await DesktopContainer.start({ session: false });
    desktop.run('warden', 'pkill -KILL -x Xvfb');
    const why = await desktop.until('warden', 'cat /run/vitrine/warden/broken', 10_000);
    assert.match(why, /the X server ended with status 137/);
    assert.equal(desktop.run('warden', 'pgrep -x Xvfb').output, '');
    assert.ok(desktop.isRunning());
  });

  it('starts what dies again, the session as well', async () => {
    await using desktop = await DesktopContainer.start();
    const find = 'pgrep -u agent -x openbox';
    const first = desktop.run('agent', find).output;
    desktop.run('agent', 'pkill -KILL -x openbox');
    const second = await desktop.until('agent', `test "$(${find})" != "${first}" && ${find}`, 10_000);
    assert.match(second, /^\d+$/);
    assert.equal(desktop.run('agent', '/opt/vitrine/session/session; pgrep -c -x openbox').output, '1');
  });

  it('gives the display any size, and a keyboard of the us layout', async () => {
    await using desktop = await DesktopContainer.start({ width: 1024, height: 768, session: false });
    assert.match(desktop.run('warden', 'xdpyinfo').output, /dimensions:\s+1024x768 /);
    assert.match(desktop.run('warden', 'setxkbmap -query').output, /layout:\s+us$/m);
  });
});
