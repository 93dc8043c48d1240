import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Desktop } from '../../controller/desktops/desktop.ts';
import { useDesktopTool } from '../../controller/desktops/desktop-tool.ts';
import { DesktopTool } from '../../controller/dialects/transcript.ts';
import { Installation, launch } from './real-desktops.ts';

describe('tools of a real desktop', () => {
  const installation = new Installation();
  let desktop: Desktop;
  before(async () => {
    desktop = await launch(installation.controller(), 'd-tools');
  });
  after(async () => installation[Symbol.asyncDispose]());

  const use = (tool: object) => useDesktopTool(desktop, DesktopTool.parse(tool), AbortSignal.timeout(30_000));
  const shell = async (command: string, more: object = {}) => use({ type: 'shell', command, ...more });

  it('a shell keeps its folder and variables from command to command, until it is restarted', async () => {
    assert.deepEqual(await shell('mkdir -p work && cd work && export WORD=hello && pwd'), { output: '/home/agent/work\n', isError: false });
    assert.deepEqual(await shell('echo "$WORD from $PWD"'), { output: 'hello from /home/agent/work\n', isError: false });
    assert.deepEqual(await shell('echo "${WORD:-nothing} from $PWD"', { restart: true }), { output: 'nothing from /home/agent\n', isError: false });
  });

  it('a shell says what failed, and is stopped at its deadline with everything it started', async () => {
    const failed = await shell('echo out; echo problem >&2; exit 3');
    assert.deepEqual([failed.isError, failed.output], [true, 'out\n\nproblem\n\n(exit code 3)']);
    const late = await shell('sleep 600 & sleep 600', { timeoutMs: 1000 });
    assert.deepEqual([late.isError, late.output], [true, '(stopped after 1000 ms)']);
    assert.equal((await shell('pgrep -c sleep || true')).output.trim(), '0');
  });

  it('a shell acts as the agent, without a network', async () => {
    assert.equal((await shell('id -u')).output, '10001\n');
    assert.equal((await shell('curl -s -m 3 http://192.0.2.1/')).isError, true);
  });

  it('the editor writes, shows, replaces and inserts', async () => {
    const path = '/home/agent/work/notes.txt';
    assert.equal((await use({ type: 'create', path, text: 'one\ntwo\nthree\n' })).isError, false);
    assert.match((await use({ type: 'replace', path, old: 'two', new: 'zwei ü' })).output, /2\tzwei ü/);
    assert.match((await use({ type: 'insert', path, line: 0, text: 'zero\n' })).output, /1\tzero/);
    assert.equal((await shell(`cat ${path}`)).output, 'zero\none\nzwei ü\nthree\n');
    assert.equal((await use({ type: 'view', path, lines: [2, 3] })).output, '     2\tone\n     3\tzwei ü');
    assert.match((await use({ type: 'view', path: 'work' })).output, /work\/notes\.txt/);
  });

  it('the editor changes nothing when it cannot be sure, and leaves home for nothing', async () => {
    const path = 'work/twice.txt';
    await use({ type: 'create', path, text: 'same\nsame\n' });
    const twice = await use({ type: 'replace', path, old: 'same', new: 'other' });
    assert.deepEqual([twice.isError, /stands 2 times/.test(twice.output)], [true, true]);
    assert.equal((await use({ type: 'replace', path, old: 'nowhere', new: 'x' })).isError, true);
    assert.equal((await use({ type: 'insert', path, line: 99, text: 'x' })).isError, true);
    await assert.rejects(use({ type: 'view', path: '/etc/passwd' }), { code: 'forbidden' });
    await assert.rejects(use({ type: 'create', path: '../../etc/x', text: 'x' }));
    await shell('ln -s /etc link');
    await assert.rejects(use({ type: 'view', path: 'link/passwd' }));
  });
});
