import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import sharp from 'sharp';
import { shimMethods, WireError } from '../../sandbox-image/wire/index.ts';
import { TestDesktop } from '../support/test-desktop.ts';
import { waitFor } from '../support/wait-for.ts';

const moving = readFileSync(new URL('../support/moving.py', import.meta.url), 'utf8');
/** The button's steps are 60 ms apart, and a busy machine may stretch that. */
const patient = { floorMs: 250, quietMs: 250, ceilingMs: 5000 };
const wholeScreen = { x: 0, y: 0, width: 1280, height: 800 };

describe('the screen', () => {
  let desktop: TestDesktop;
  let window: number | undefined;
  before(async () => {
    desktop = await TestDesktop.start();
    await desktop.put('moving.py', moving);
  });
  after(() => desktop?.[Symbol.asyncDispose]());
  afterEach(async () => {
    if (window !== undefined) await desktop.close(window);
    window = undefined;
  });
  const show = async (...parts: string[]): Promise<void> => {
    window = await desktop.openWindow(/Moving/, 'python3', 'moving.py', ...parts);
  };

  describe('capture', () => {
    it('gives the whole screen, a region at native resolution, and a smaller picture', async () => {
      const whole = await desktop.shim.begin('capture', {}).answer;
      assert.deepEqual(whole.result.frame.region, wholeScreen);
      const { width, height, format } = await sharp(whole.body).metadata();
      assert.deepEqual([width, height, format], [1280, 800, 'png']);
      const part = await desktop.shim.begin('capture', { capture: { region: { x: 3, y: 701, width: 201, height: 99 }, pointer: false } }).answer;
      const cut = await sharp(whole.body).extract({ left: 3, top: 701, width: 201, height: 99 }).removeAlpha().raw().toBuffer();
      assert.deepEqual(await sharp(part.body).removeAlpha().raw().toBuffer(), cut);
      const small = await desktop.shim.begin('capture', { capture: { maxWidth: 640, maxHeight: 640, format: 'jpeg' } }).answer;
      assert.deepEqual([small.result.frame.width, small.result.frame.height, (await sharp(small.body).metadata()).format], [640, 400, 'jpeg']);
      const webp = await desktop.shim.begin('capture', { capture: { format: 'webp' } }).answer;
      assert.equal((await sharp(webp.body).metadata()).format, 'webp');
      await assert.rejects(desktop.shim.call('capture', { capture: { region: { x: 1000, y: 0, width: 281, height: 5 } } }), (error: unknown) => error instanceof WireError && error.code === 'off_screen');
    });

    it('draws the pointer on request only, and hashes the screen without it', async () => {
      await desktop.perform({ type: 'move', x: 640, y: 300 });
      const region = { x: 620, y: 280, width: 60, height: 60 };
      const colours = async (picture: Buffer) => new Set((await sharp(picture).removeAlpha().raw().toBuffer()).toString('hex').match(/.{6}/g)).size;
      const withPointer = await desktop.shim.begin('capture', { capture: { region } }).answer;
      const without = await desktop.shim.begin('capture', { capture: { region, pointer: false } }).answer;
      assert.deepEqual(withPointer.result.frame.pointer, { x: 640, y: 300 });
      assert.equal(await colours(without.body), 1);
      assert.ok((await colours(withPointer.body)) >= 2);
      assert.equal(withPointer.result.frame.hash, without.result.frame.hash);
      assert.ok(withPointer.result.frame.frameId < without.result.frame.frameId);
    });

    it('zoom shows its region whatever the capture asks for', async () => {
      const answer = await desktop.shim.begin('perform', { actionId: randomUUID(), epoch: 0, action: { type: 'zoom', region: { x: 10, y: 20, width: 300, height: 200 } } }).answer;
      assert.deepEqual(answer.result.frame?.region, { x: 10, y: 20, width: 300, height: 200 });
      assert.equal((await sharp(answer.body).metadata()).width, 300);
    });

    it('takes about 15 ms without settling', async (test) => {
      const times: number[] = [];
      for (let round = 0; round < 30; round += 1) {
        await desktop.perform({ type: 'move', x: 100 + round, y: 300 }, { settle: { floorMs: 0, quietMs: 0 } });
        const start = performance.now();
        await desktop.shim.begin('capture', {}).answer;
        times.push(performance.now() - start);
      }
      const [median = Infinity] = times.toSorted((a, b) => a - b).slice(15);
      test.diagnostic(`bare frame, median of 30: ${median.toFixed(1)} ms`);
      assert.ok(median < 60, `${median} ms`);
    });
  });

  describe('settle and effect', () => {
    it('says nothing for a click on an inert area, while a caret blinks and a clock ticks elsewhere', async () => {
      await show('caret', 'clock');
      await pause(4000); // what moves by itself can only be known after it has moved some times
      for (let round = 0; round < 8; round += 1) {
        const { effect, settled } = await desktop.perform({ type: 'click', x: 1000, y: 600 });
        assert.deepEqual([effect, settled], [{ kind: 'nothing' }, true], `click ${round}`);
        await pause(170);
      }
    });

    it('still sees a single character typed at the caret', async () => {
      await show('caret');
      await pause(2500);
      for (const text of ['a', 'i', 'l', '.', 'W']) {
        const { effect } = await desktop.perform({ type: 'type', text });
        assert.equal(effect.kind, 'changed', text);
        await pause(300);
      }
    });

    it('waits until a change in steps has ended, without a fixed sleep', async () => {
      await show('steps');
      const outcome = await desktop.perform({ type: 'click', x: 150, y: 120 }, { settle: patient });
      assert.equal(outcome.settled, true);
      assert.ok(outcome.waitedMs >= 350 && outcome.waitedMs < 3000, `${outcome.waitedMs}`);
      assert.equal(outcome.effect.kind, 'changed');
      const { effect } = outcome;
      assert.ok(effect.kind === 'changed' && effect.region.y <= 200 && effect.region.y + effect.region.height >= 300 && effect.share > 0.015, JSON.stringify(effect));
      const picture = await desktop.shim.begin('capture', { capture: { region: { x: 150, y: 220, width: 1, height: 1 } } }).answer;
      const [red = 255, , blue = 0] = await sharp(picture.body).removeAlpha().raw().toBuffer();
      assert.ok(red < 30 && blue > 220, `${red} ${blue}`);
    });

    it('does not wait longer than the ceiling for a spinner, and says so', async () => {
      await show('spinner');
      await pause(1500);
      // On a busy machine a spinner may stand still long enough to count as quiet.
      let outcome = await desktop.perform({ type: 'click', x: 1000, y: 600 }, { settle: { ceilingMs: 700 } });
      for (let again = 0; outcome.settled && again < 4; again += 1) outcome = await desktop.perform({ type: 'click', x: 1000, y: 600 }, { settle: { ceilingMs: 700 } });
      assert.equal(outcome.settled, false);
      assert.ok(outcome.waitedMs >= 700 && outcome.waitedMs < 1000);
    });

    it('brings a settled picture of a click within about 150 ms', async (test) => {
      await show('steps');
      const times: number[] = [];
      for (let round = 0; round < 20; round += 1) {
        const start = performance.now();
        await desktop.shim.begin('perform', { actionId: randomUUID(), epoch: 0, action: { type: 'click', x: 1000, y: 600 + round }, capture: {} }).answer;
        times.push(performance.now() - start);
      }
      const [median = Infinity] = times.toSorted((a, b) => a - b).slice(10);
      test.diagnostic(`click to settled PNG on a static page, median of 20: ${median.toFixed(1)} ms`);
      assert.ok(median < 250, `${median} ms`);
    });
  });

  describe('stale target', () => {
    it('refuses a click whose target has changed since the frame, and allows one elsewhere', async () => {
      await show('steps');
      const { frame } = await desktop.shim.call('capture', {});
      await desktop.perform({ type: 'click', x: 150, y: 120 }, { settle: patient });
      const stale = await desktop.perform({ type: 'click', x: 200, y: 250 }, { decidedOn: frame.frameId });
      assert.deepEqual([stale.status, stale.error?.code], ['refused', 'stale_target']);
      const warned = await desktop.perform({ type: 'click', x: 200, y: 250 }, { decidedOn: frame.frameId, staleTarget: 'warn' });
      assert.deepEqual([warned.status, warned.warnings.length], ['performed', 1]);
      assert.equal((await desktop.perform({ type: 'click', x: 1000, y: 600 }, { decidedOn: frame.frameId })).status, 'performed');
    });

    it('lets a batch act on what its own actions changed', async () => {
      await show('steps');
      const { frame } = await desktop.shim.call('capture', {});
      assert.equal((await desktop.perform({ type: 'click', x: 150, y: 120 }, { decidedOn: frame.frameId, settle: patient })).status, 'performed');
      const second = await desktop.perform({ type: 'click', x: 200, y: 250 }, { decidedOn: frame.frameId });
      assert.equal(second.status, 'performed', JSON.stringify(second.error));
    });

    it('acts on an animated target at the third try, with a warning, unless that is not allowed', async () => {
      await show('spinner');
      await pause(1500);
      const target = { type: 'click', x: 632, y: 232 } as const;
      const colour = async () => (await desktop.shim.call('capture', { capture: { region: { x: 630, y: 230, width: 4, height: 4 } } })).frame.hash;
      const { frame } = await desktop.shim.call('capture', {});
      const before = await colour();
      await waitFor('another colour', async () => (await colour()) !== before);
      const settle = { ceilingMs: 200 };
      for (let round = 0; round < 3; round += 1) {
        const refused = await desktop.perform(target, { decidedOn: frame.frameId, allowAnimated: false, settle });
        assert.equal(refused.error?.code, 'stale_target');
      }
      const third = await desktop.perform(target, { decidedOn: frame.frameId, settle });
      assert.deepEqual([third.status, third.warnings.length], ['performed', 1], JSON.stringify(third));
    });

    it('refuses a click decided on a frame that nobody remembers', async () => {
      const outcome = await desktop.perform({ type: 'click', x: 5, y: 5 }, { decidedOn: 'f0-00001' });
      assert.deepEqual([outcome.error?.code, /not known any more/.test(outcome.error?.message ?? '')], ['stale_target', true]);
    });
  });

  describe('at most once', () => {
    it('answers an id again without performing it, also over a new connection and a killed shim', async () => {
      window = await desktop.openWindow(/cat/, 'xterm', '-title', 'cat', '-e', 'cat > once.txt');
      const actionId = randomUUID();
      const params = { actionId, epoch: 0, action: { type: 'type', text: 'once\n' }, capture: {} } as const;
      const first = await desktop.shim.call('perform', params);
      assert.deepEqual([first.status, first.replayed, first.typedCharacters], ['performed', false, 5]);
      const again = await desktop.shim.call('perform', params);
      assert.deepEqual([again.status, again.replayed, again.frame?.width], ['performed', true, 1280]);
      await assert.rejects(desktop.shim.call('perform', { ...params, action: { type: 'type', text: 'twice\n' } }), (error: unknown) => error instanceof WireError && error.code === 'conflict');
      desktop.run('warden', 'pkill -KILL -f shim/main.cjs');
      await desktop.shim.closed;
      desktop.shim = await desktop.connect('shim', shimMethods);
      assert.equal((await desktop.shim.call('perform', params)).replayed, true);
      assert.equal((await desktop.shim.call('ledger', { actionId })).state, 'ended');
      assert.equal((await desktop.shim.call('ledger', { actionId: 'never' })).state, 'never');
      assert.equal(await waitFor('the text', async () => (await desktop.take('once.txt')) || undefined), 'once\n');
    });

    it('calls an action unknown when the shim was killed in its midst, and does not repeat it', async () => {
      window = await desktop.openWindow(/cat/, 'xterm', '-title', 'cat', '-e', 'cat > half.txt');
      const params = { actionId: randomUUID(), epoch: 0, action: { type: 'type', text: `${'x'.repeat(3000)}\n` } } as const;
      const lost = desktop.shim.call('perform', params).catch((error: unknown) => error);
      await waitFor('it has begun', () => /"begun"/.test(desktop.run('warden', `grep ${params.actionId} /run/vitrine/warden/ledger.jsonl`).output));
      desktop.run('warden', 'pkill -KILL -f shim/main.cjs');
      await lost;
      desktop.shim = await desktop.connect('shim', shimMethods);
      assert.equal((await desktop.shim.call('ledger', { actionId: params.actionId })).state, 'begun');
      const answer = await desktop.shim.call('perform', params);
      assert.equal(answer.status, 'unknown');
      assert.deepEqual((await desktop.shim.call('state', {})).held, { keys: [], buttons: [] });
    });

    it('stops a text between two chunks when cancelled, and says how far it came', async () => {
      window = await desktop.openWindow(/cat/, 'xterm', '-title', 'cat', '-e', 'cat > part.txt');
      const params = { actionId: randomUUID(), epoch: 0, action: { type: 'type', text: 'abcdefghi\n'.repeat(400) } } as const;
      const request = desktop.shim.begin('perform', params);
      await pause(400);
      desktop.shim.cancel(request.id);
      const { result } = await request.answer;
      assert.deepEqual([result.status, result.error?.code], ['failed', 'cancelled']);
      const typed = result.typedCharacters ?? 0;
      assert.ok(typed > 0 && typed < 4000 && typed % 50 === 0, `${typed}`);
      const whole = Math.floor(typed / 10) * 10;
      await waitFor('the text', async () => (await desktop.take('part.txt')).length >= whole);
      assert.equal((await desktop.take('part.txt')).length, whole);
      assert.equal((await desktop.shim.call('perform', params)).typedCharacters, typed);
    });

    it('performs requests in order and answers two requests for one action alike', async () => {
      const wait = { actionId: randomUUID(), epoch: 0, action: { type: 'wait', ms: 300 } } as const;
      const [one, two, three] = await Promise.all([desktop.shim.call('perform', wait), desktop.shim.call('perform', wait), desktop.perform({ type: 'cursor' })]);
      assert.deepEqual([one.replayed, two.replayed, two.status], [false, true, 'performed']);
      assert.ok(three.timings.queueMs >= 250, `${three.timings.queueMs}`);
    });
  });

  it('carries exact text through the clipboard, to applications and back', async () => {
    const text = `héllo 你好 😀 "$(x)"\n\ttab ${'z'.repeat(60_000)}`;
    await desktop.shim.call('writeClipboard', { text });
    assert.equal((await desktop.shim.call('readClipboard', {})).text, text);
    assert.equal(desktop.run('agent', 'xclip -o -selection clipboard').output, text);
    desktop.run('agent', "printf 'from the agent ü' | xclip -i -selection clipboard >/dev/null 2>&1");
    assert.equal((await desktop.shim.call('readClipboard', {})).text, 'from the agent ü');
    await desktop.shim.call('writeClipboard', { text: '' });
    assert.equal((await desktop.shim.call('readClipboard', {})).text, '');
    await assert.rejects(desktop.shim.call('writeClipboard', { text: 'x'.repeat(65_537) }), (error: unknown) => error instanceof WireError && error.code === 'limit_exceeded');
    desktop.run('agent', 'head -c 100000 /dev/zero | tr "\\0" y | xclip -i -selection clipboard >/dev/null 2>&1');
    await assert.rejects(desktop.shim.call('readClipboard', {}), (error: unknown) => error instanceof WireError && error.code === 'limit_exceeded');
  });

  it('lets applications paste what was put on the clipboard', async () => {
    const text = 'pasted: héllo 你好 😀\n';
    await desktop.put('paste.txt', '');
    window = await desktop.openWindow(/paste\.txt/, 'mousepad', 'paste.txt');
    await desktop.shim.call('writeClipboard', { text });
    await desktop.perform({ type: 'key', keys: ['ctrl', 'v'] });
    await desktop.perform({ type: 'key', keys: ['ctrl', 's'] });
    assert.equal(await waitFor('the file', async () => (await desktop.take('paste.txt')) || undefined), text);
  });

  it('refuses a capture off the screen before anything is done', async () => {
    await desktop.perform({ type: 'move', x: 10, y: 10 });
    await assert.rejects(desktop.perform({ type: 'move', x: 20, y: 20 }, { capture: { region: { x: 1270, y: 0, width: 20, height: 20 } } }), (error: unknown) => error instanceof WireError && error.code === 'off_screen');
    assert.deepEqual((await desktop.perform({ type: 'cursor' })).pointer, { x: 10, y: 10 });
    const zoom = await desktop.perform({ type: 'zoom', region: { x: 1270, y: 0, width: 20, height: 20 } });
    assert.deepEqual([zoom.status, zoom.error?.code, zoom.frame], ['refused', 'off_screen', undefined]);
  });

  it('moves the dead-man switch on request', async () => {
    await desktop.shim.call('keepAlive', { deadManSeconds: 4321, hardDeadline: 4_000_000_000 });
    assert.equal(desktop.run('warden', 'cat /run/vitrine/warden/dead-man /run/vitrine/warden/hard-deadline').output, '4321\n4000000000\n');
  });

  it('is closed to the agent', () => {
    for (const command of ['ls /run/vitrine/warden', 'socat - UNIX-CONNECT:/run/vitrine/warden/shim.sock </dev/null', 'pkill -KILL -u warden']) {
      assert.notEqual(desktop.run('agent', command).code, 0, command);
    }
  });

  it('says that it is broken when the X server has gone, and refuses everything', async () => {
    desktop.run('warden', 'pkill -KILL Xvfb');
    await waitFor('a notice', () => desktop.shim.notices.length > 0);
    assert.match(JSON.stringify(desktop.shim.notices[0]), /"notice":"broken"/);
    for (const ask of [() => desktop.shim.call('capture', {}), () => desktop.perform({ type: 'cursor' }), () => desktop.shim.call('state', {})]) {
      await assert.rejects(ask(), (error: unknown) => error instanceof WireError && error.code === 'desktop_broken');
    }
  });
});
