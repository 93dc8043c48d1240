import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Action } from '../../sandbox-image/wire/index.ts';
import type { Desktop } from '../../controller/desktops/desktop.ts';
import { waitFor } from '../support/wait-for.ts';
import { Installation, launch } from './real-desktops.ts';

const soon = () => AbortSignal.timeout(60_000);
let count = 0;

/** One action in an epoch; its outcome. */
async function act(desktop: Desktop, epoch: number, action: Action) {
  count += 1;
  return (await desktop.perform({ actionId: `control.${count}`, epoch, action }, soon())).outcome;
}

async function text(desktop: Desktop, path: string): Promise<string> {
  const { content } = await desktop.readFile(path, soon());
  let all = '';
  for await (const chunk of content) all += chunk.toString();
  return all;
}

describe('control of a real desktop', () => {
  const stack = new AsyncDisposableStack();
  let desktop: Desktop;
  before(async () => {
    desktop = await launch(stack.use(new Installation()).controller(), 'd-control');
    await desktop.setEpoch(1, soon());
  });
  after(() => stack.disposeAsync());

  it('passes with keys released, programs of the agent stopped, older epochs refused by shim and hands', async () => {
    const agent = desktop.inEpoch(1);
    await act(desktop, 1, { type: 'key_down', key: 'shift' });
    const running = assert.rejects(agent.runProgram({ argv: ['sh', '-c', 'sleep 6161 & sleep 6161'] }, soon()), { code: 'stale_epoch' });
    await waitFor('the program runs', async () => (await desktop.listLeftProcesses(soon())).filter(({ command }) => command === 'sleep 6161').length === 2);
    const held = act(desktop, 1, { type: 'hold', keys: ['a'], ms: 60_000 });
    await waitFor('the key is held', async () => (await desktop.state(soon())).held.keys.includes('a'));
    const began = performance.now();
    const fenced = await desktop.fence(2, soon());
    console.log(`# control of a real desktop passed in ${Math.round(performance.now() - began)} ms, with a key held, an action and a program under way`);
    assert.equal((await held).status, 'failed', 'the action under way says how it ended');
    await running;
    assert.deepEqual(fenced.stopped.map(({ command }) => command), ['sh -c sleep 6161 & sleep 6161']);
    assert.equal(fenced.problem, null);
    assert.deepEqual((await desktop.state(soon())).held, { keys: [], buttons: [] });
    await waitFor('the group is gone', async () => !(await desktop.listLeftProcesses(soon())).some(({ command }) => command.includes('6161')));

    const refused = await act(desktop, 1, { type: 'move', x: 1, y: 1, modifiers: [] });
    assert.deepEqual([refused.status, refused.error?.code], ['refused', 'stale_epoch']);
    const content = (async function* () { yield Buffer.from('stale'); })();
    const acts = [
      () => agent.runProgram({ argv: ['touch', 'stale'] }, soon()), () => agent.openProgram(['touch', 'stale'], soon()), () => agent.writeFile('stale', content, 100, soon()),
      () => agent.removeFile('.cache', soon()), () => agent.writeClipboard('stale', soon()), () => desktop.setEpoch(1, soon()),
    ];
    for (const one of acts) await assert.rejects(one(), { code: 'stale_epoch' });
    assert.ok(!(await desktop.listFiles({}, soon())).entries.some(({ path }) => path === 'stale'));
    assert.equal((await act(desktop, 2, { type: 'move', x: 300, y: 300, modifiers: [] })).status, 'performed');
    await desktop.inEpoch(2).runProgram({ argv: ['true'] }, soon());
  });

  it('does not reach what the agent left running: that sees the keys typed and may move the pointer, is listed, and can be ended', async () => {
    const agent = desktop.inEpoch(2);
    await agent.openProgram(['sh', '-c', 'exec xinput test-xi2 --root > seen.log'], soon());
    await agent.openProgram(['sh', '-c', 'while :; do xdotool mousemove 11 12; sleep 0.1; done'], soon());
    await waitFor('both run', async () => (await text(desktop, 'seen.log').catch(() => '')) !== '');
    await act(desktop, 2, { type: 'key_down', key: 'ctrl' });
    const { processes, stopped, released } = await desktop.fence(3, soon());
    assert.deepEqual(released, { keys: ['ctrl'], buttons: [] });
    assert.deepEqual(stopped, []);
    const logger = processes.find(({ command }) => command.startsWith('xinput test-xi2')) ?? assert.fail('the logger is not listed');
    const mover = processes.find(({ command }) => command.includes('mousemove')) ?? assert.fail('the mover is not listed');
    assert.ok(logger.startedByHands && mover.startedByHands);
    assert.ok(!processes.some(({ command }) => /openbox|tint2|hands\/main|dbus-daemon|session\/session/.test(command)), `of the desktop's own nothing is listed: ${processes.map(({ command }) => command).join(', ')}`);

    const before = (await text(desktop, 'seen.log')).length;
    assert.equal((await act(desktop, 3, { type: 'type', text: 'secret' })).status, 'performed');
    const seen = await waitFor('the logger has seen keys', async () => {
      const more = (await text(desktop, 'seen.log')).slice(before);
      return (more.match(/KeyPress/g) ?? []).length >= 6 ? more : undefined;
    });
    assert.ok(seen.includes('KeyPress'), 'a process left behind reads what a person types: the honest limit');
    await act(desktop, 3, { type: 'move', x: 500, y: 500, modifiers: [] });
    await waitFor('the pointer is taken away', async () => (await desktop.state(soon())).pointer.x === 11);

    await assert.rejects(desktop.endProcess(mover.pid, 'something else', soon()), { code: 'conflict' });
    await desktop.endProcess(mover.pid, mover.command, soon());
    await desktop.endProcess(logger.pid, logger.command, soon());
    await assert.rejects(desktop.endProcess(logger.pid, logger.command, soon()), { code: 'not_found' });
    assert.ok(!(await desktop.listLeftProcesses(soon())).some(({ pid }) => pid === mover.pid || pid === logger.pid));
    await act(desktop, 3, { type: 'move', x: 500, y: 500, modifiers: [] });
    assert.deepEqual((await desktop.state(soon())).pointer, { x: 500, y: 500 });
  });
});
