import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WireError } from '../../sandbox-image/wire/index.ts';
import { TestDesktop } from '../support/test-desktop.ts';
import { waitFor } from '../support/wait-for.ts';

describe('hands in a desktop', () => {
  let desktop: TestDesktop;
  before(async () => {
    desktop = await TestDesktop.start();
  });
  after(() => desktop?.[Symbol.asyncDispose]());

  const run = async (...argv: string[]): Promise<string> => (await desktop.hands.begin('runProgram', { argv }).answer).body.toString();

  it("run programs as the agent's user, in its home, on its display", async () => {
    assert.equal(await run('sh', '-c', 'id -u; pwd; echo $DISPLAY'), '10001\n/home/agent\n:0\n');
    assert.match(await run('xdpyinfo'), /dimensions: +1280x800/);
  });

  it('put a script that the agent can run, and take what it wrote', async () => {
    await desktop.put('bin/hello.py', 'print("Grüße, 世界 😀", file=open("Outbox/said.txt", "w"))\n');
    await run('python3', 'bin/hello.py');
    assert.equal(await desktop.take('Outbox/said.txt'), 'Grüße, 世界 😀\n');
    assert.equal(desktop.run('agent', 'stat -c %U:%a bin/hello.py').output.trim(), 'agent:644');
  });

  it('reach nothing of the warden, by no link either', async () => {
    await run('ln', '-s', '/run/vitrine/warden', 'warden');
    await run('ln', '-s', '/etc/passwd', 'passwd');
    for (const path of ['warden/ledger.jsonl', 'passwd', '/run/vitrine/warden/ledger.jsonl', '../../etc/passwd']) {
      await assert.rejects(desktop.hands.call('openFile', { path, mode: 'read' }), (error: unknown) => error instanceof WireError && error.code === 'forbidden', path);
    }
    assert.match(await run('sh', '-c', 'ls /run/vitrine/warden 2>&1; cat /proc/$(pgrep -u warden node)/environ 2>&1'), /denied[^]*denied/);
  });

  it('start a program that stays when the connection ends, and stop one that does not', async () => {
    const { handsMethods } = await import('../../sandbox-image/wire/index.ts');
    const other = await desktop.connect('hands', handsMethods);
    const { pid } = await other.call('openProgram', { argv: ['sleep', '5151'] });
    other.begin('runProgram', { argv: ['sleep', '5252'] }).answer.catch(() => undefined);
    await waitFor('both run', async () => (await desktop.hands.call('listProcesses', {})).processes.filter(({ command }) => /^sleep 5[12]5[12]$/.test(command)).length === 2);
    other[Symbol.dispose]();
    await waitFor('one is left', async () => {
      const left = (await desktop.hands.call('listProcesses', {})).processes.filter(({ command }) => /^sleep 5[12]5[12]$/.test(command));
      return left.length === 1 && left[0]?.pid === pid && left[0].startedByHands;
    });
  });
});
