import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { shimMethods } from '../../sandbox-image/wire/index.ts';
import { TestDesktop } from '../support/test-desktop.ts';
import { waitFor } from '../support/wait-for.ts';

/** Times `readFocus` inside, beside the shim, and prints the median in milliseconds. */
const timed = `
  const { XServer } = await import('/opt/vitrine/shim/x-server.ts');
  const { readFocus } = await import('/opt/vitrine/shim/focus.ts');
  const server = await XServer.connect(':0');
  const times = [];
  for (let round = 0; round < 300; round += 1) { const start = performance.now(); await readFocus(server); times.push(performance.now() - start); }
  console.log(times.sort((a, b) => a - b)[150]);
  process.exit(0);
`;

describe('the focused window', () => {
  let desktop: TestDesktop;
  let window: number | undefined;
  before(async () => {
    desktop = await TestDesktop.start();
  });
  after(() => desktop?.[Symbol.asyncDispose]());
  afterEach(async () => {
    if (window !== undefined) await desktop.close(window);
    window = undefined;
  });
  const focused = async () => (await desktop.shim.call('capture', {})).frame.window;
  const terminal = async (title: string) => {
    window = await desktop.openWindow(new RegExp(title), 'xterm', '-T', title);
  };

  it('is in every frame, as it calls itself and as its application is called', async () => {
    assert.equal(await focused(), null);
    await terminal('First words');
    assert.deepEqual(await focused(), { title: 'First words', app: 'XTerm' });
    assert.deepEqual((await desktop.perform({ type: 'move', x: 5, y: 5 }, { capture: {} })).frame?.window, { title: 'First words', app: 'XTerm' });
  });

  it('is named without what cannot be seen, and in so many characters at most', async () => {
    await terminal('Plain');
    desktop.run('agent', String.raw`xprop -id $(xdotool getactivewindow) -f _NET_WM_NAME 8u -set _NET_WM_NAME "$(printf 'a\tb\u202ec\u0007d%0400d' 0)"`);
    const { title } = await waitFor('the title changes', async () => {
      const now = await focused();
      return now?.title.startsWith('abcd') === true ? now : undefined;
    });
    assert.equal(title, `abcd${'0'.repeat(252)}`);
  });

  it('refuses input that was decided for another one, and none that only looks', async () => {
    await terminal('Here');
    const text = { type: 'type', text: 'touch typed\n' } as const;
    for (const expected of [{ title: 'There' }, { app: 'Chromium' }, { app: 'XTerm', title: 'There' }, null]) {
      const { status, error } = await desktop.perform(text, { window: expected });
      assert.deepEqual([status, error?.code], ['refused', 'stale_target'], JSON.stringify(expected));
      assert.match(error?.message ?? '', /"Here" of XTerm has the focus, where .*nothing was done/);
    }
    assert.equal((await desktop.perform({ type: 'cursor' }, { window: null })).status, 'performed');
    assert.equal(desktop.run('agent', 'ls typed').code, 2);
    for (const expected of [{ title: 'Here' }, { app: 'XTerm' }, {}]) assert.equal((await desktop.perform({ type: 'click', x: 640, y: 790 }, { window: expected })).status, 'performed', JSON.stringify(expected));
    assert.equal((await desktop.perform(text, { window: { title: 'Here', app: 'XTerm' } })).status, 'performed');
    await desktop.until('agent', 'ls typed');
  });

  it('is not named to a controller that speaks an older version', async () => {
    await terminal('Unnamed');
    const older = await desktop.connect('shim', shimMethods, 1, 2);
    assert.equal('window' in (await older.call('capture', {})).frame, false);
  });

  it('takes less than a millisecond to find', async (test) => {
    await terminal('Timed');
    const { output } = desktop.run('warden', `node --input-type=module -e '${timed.replaceAll("'", '"')}'`);
    test.diagnostic(`the focused window is found in ${Number(output).toFixed(2)} ms (median of 300)`);
    assert.ok(Number(output) < 1, output);
  });
});
