import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { waitFor } from '../support/wait-for.ts';
import { row } from './matrix/matrix.ts';
import { click, letters } from './matrix/planned-vendor.ts';
import type { PlannedTurn } from './matrix/planned-vendor.ts';
import type { WitnessedDesktop } from './matrix/witnessed-desktop.ts';
import { World } from './matrix/world.ts';

const execute = promisify(execFile);
const shim = '/opt/vitrine/shim/main.cjs';
const aWhileMs = 1500;
/** Typed in some 2 s, and in some 10 s. */
const [longText, endlessText] = [letters(5000), letters(20_000)];
const clicked = (): PlannedTurn => ({ actions: [click()] });

describe('the fault matrix: inside a desktop', () => {
  let world: World;
  before(async () => {
    world = await World.start({ environment: { VITRINE_DESKTOP_MEMORY_MB: '768' } });
  });
  after(() => world[Symbol.asyncDispose]());

  /** A run that clicks, types and clicks, in the middle of the typing. */
  async function typing(text = longText) {
    const desktop = await world.desktop();
    const run = await world.give([clicked(), { actions: [{ type: 'type', text }] }, clicked()], { on: desktop });
    await waitFor('the first letters are typed', async () => (await desktop.count('keydown')) > 20, 30_000);
    return { desktop, run };
  }

  /** A run that clicked once and whose model thinks until it is let go on. */
  const thinking = (turns: readonly PlannedTurn[] = [clicked(), clicked()]) => world.thinking(turns);

  async function outcomes(runId: string): Promise<string[]> {
    return (await world.controller.events(runId)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.outcome.status] : []));
  }

  async function hostProcess({ containerId }: WitnessedDesktop): Promise<number> {
    const { stdout } = await execute('docker', ['inspect', '--format', '{{.State.Pid}}', containerId]);
    return Number(stdout);
  }

  row('the shim is killed while it types', () => world, async () => {
    const { desktop, run } = await typing(endlessText);
    await desktop.signal('warden', 'KILL', shim);
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    assert.deepEqual(await outcomes(run.id), ['performed', 'unknown', 'performed']);
    return 'unknown, told, not repeated; the run went on';
  });

  row('the shim is killed between two actions', () => world, async () => {
    const { desktop, run, goOn } = await thinking();
    await desktop.signal('warden', 'KILL', shim);
    goOn();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    assert.deepEqual(await outcomes(run.id), ['performed', 'refused']);
    assert.match(world.vendor.questions(run.plan).at(-1)?.text ?? '', /take a new frame and decide again/);
    return 'what was decided on the lost shim\'s frame is refused, told';
  });

  row('the shim hangs for a while', () => world, async () => {
    const { desktop, run } = await typing();
    await desktop.signal('warden', 'STOP', shim);
    await pause(aWhileMs);
    await desktop.signal('warden', 'CONT', shim);
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    assert.deepEqual(await outcomes(run.id), ['performed', 'performed', 'performed']);
    return 'typed once, whole';
  });

  row('the X server hangs for a while', () => world, async () => {
    const { desktop, run } = await typing();
    await desktop.signal('warden', 'STOP', 'Xvfb :0');
    await pause(aWhileMs);
    await desktop.signal('warden', 'CONT', 'Xvfb :0');
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    assert.deepEqual(await outcomes(run.id), ['performed', 'performed', 'performed']);
    return 'typed once, whole';
  });

  row('the window manager is killed', () => world, async () => {
    const { desktop, run, goOn } = await thinking();
    await desktop.signal('agent', 'KILL', '^openbox');
    await desktop.run('agent', 'until xprop -root _NET_SUPPORTING_WM_CHECK | grep -q "window id" && pgrep -x openbox >/dev/null; do sleep 0.05; done');
    goOn();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    // The new window manager may have drawn the target otherwise: then what was decided before is refused, and told.
    const [first, second] = await outcomes(run.id);
    assert.ok(first === 'performed' && (second === 'performed' || second === 'refused'), `${first}, ${second}`);
    return `started again inside; the run went on, what was decided before was ${second}`;
  });

  row('the hands are killed during a tool', () => world, async () => {
    const desktop = await world.desktop();
    const shell = (callId: string) => [{ type: 'function_call', id: `fc_${callId}`, call_id: callId, name: 'shell', arguments: JSON.stringify({ command: 'echo once >> /home/agent/tool.log; sleep 30' }), status: 'completed' }];
    const run = await world.give([clicked(), { items: shell }, clicked()], { on: desktop, tools: ['shell'] });
    await waitFor('the program runs', () => desktop.run('agent', 'cat tool.log').then((text) => text !== '', () => false), 30_000);
    await desktop.signal('agent', 'KILL', '/opt/vitrine/hands/main.cjs');
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    assert.equal(await desktop.run('agent', 'cat tool.log'), 'once\n', 'the program was not begun a second time');
    const told = world.vendor.questions(run.plan).find(({ turn }) => turn === 2)?.text ?? '';
    assert.match(told, /unknown|not known/);
    return 'whether it was done is unknown, told; begun once';
  });

  row('a program eats the desktop\'s memory', () => world, async () => {
    const { desktop, run, goOn } = await thinking();
    const eaten = await desktop.run('agent', 'perl -e \'$x = "a" x (2**30); print length $x\'').then(() => 'it got the memory', () => 'ended');
    assert.equal(eaten, 'ended');
    goOn();
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    return 'the program ended, the desktop lived on';
  });

  row('the container is paused for a while', () => world, async () => {
    const { desktop, run } = await typing();
    await desktop.docker('pause', desktop.containerId);
    await pause(aWhileMs);
    await desktop.docker('unpause', desktop.containerId);
    assert.equal((await world.controller.ended(run.id)).state, 'succeeded');
    assert.deepEqual(await outcomes(run.id), ['performed', 'performed', 'performed']);
    return 'typed once, whole';
  });

  row('the X server is killed', () => world, async () => {
    const { desktop, run } = await typing(endlessText);
    await desktop.signal('warden', 'KILL', 'Xvfb :0');
    const { state, failure } = await world.controller.ended(run.id);
    assert.deepEqual([state, failure?.code], ['failed', 'desktop_lost']);
    assert.match(failure?.message ?? '', /X server|Xvfb/);
    return `failed: desktop_lost, "${failure?.message.slice(0, 60)}…"`;
  });

  row('the whole container is killed', () => world, async () => {
    const { desktop, run } = await typing(endlessText);
    await desktop.follow();
    await desktop.docker('kill', desktop.containerId);
    const { state, failure } = await world.controller.ended(run.id);
    assert.deepEqual([state, failure?.code], ['failed', 'desktop_lost']);
    assert.deepEqual((await outcomes(run.id)).at(-1), 'unknown');
    return 'failed: desktop_lost; the action in flight unknown';
  });

  row('the container\'s first process is killed from outside', () => world, async () => {
    const { desktop, run } = await thinking();
    process.kill(await hostProcess(desktop), 'SIGKILL');
    const { state, failure } = await world.controller.ended(run.id);
    assert.deepEqual([state, failure?.code], ['failed', 'desktop_lost']);
    return 'failed: desktop_lost at once, not at the next question';
  });
});
