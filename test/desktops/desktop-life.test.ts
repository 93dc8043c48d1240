import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Desktop, Desktops } from '../../controller/desktops/desktop.ts';
import { Installation, launch, median } from './real-desktops.ts';

const signal = AbortSignal.timeout(170_000);
const stages = ['container', 'x-server', 'shim', 'window-manager', 'first-frame'] as const;

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

async function readWhole(desktop: Desktop, path: string): Promise<Buffer> {
  const { content } = await desktop.readFile(path, signal);
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** These need a container engine and the desktop image (npm run setup). */
describe('the life of a desktop', () => {
  const installation = new Installation();
  const desktops: Desktops = installation.controller();
  let desktop: Desktop;
  let count = 0;

  const act = (action: Parameters<Desktop['perform']>[0]['action'], more: Partial<Parameters<Desktop['perform']>[0]> = {}) =>
    desktop.perform({ actionId: `life-${count++}`, epoch: 0, action, capture: {}, ...more }, signal);

  before(async () => {
    desktop = await launch(desktops, 'd_life', 'r_1');
  });
  after(() => installation[Symbol.asyncDispose]());

  it('becomes ready stage by stage, with times, and carries its labels', async () => {
    const view = desktop.view();
    assert.deepEqual(view.stages.map(({ stage }) => stage), stages);
    assert.ok(view.stages.every(({ ms }) => ms >= 0));
    assert.equal(view.state, 'ready');
    assert.equal(view.runId, 'r_1');
    const [container] = await installation.containers();
    assert.equal(container?.desktopId, 'd_life');
    assert.equal(container?.runId, 'r_1');
    assert.equal(container?.state, 'running');
    assert.ok((await desktop.state(signal)).windows.length > 0);
  });

  it('shows its screen, natively, scaled, in parts and in every format', async () => {
    const { frame, bytes } = await desktop.capture({}, signal);
    assert.equal(bytes.length, frame.byteLength);
    assert.deepEqual([frame.width, frame.height], [1280, 800]);
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const picture = await desktop.capture({ capture: { format, region: { x: 100, y: 100, width: 400, height: 300 }, maxWidth: 200 } }, signal);
      assert.deepEqual([picture.frame.width, picture.frame.height, picture.frame.format], [200, 150, format]);
    }
    const zoomed = await act({ type: 'zoom', region: { x: 10, y: 20, width: 320, height: 200 } }, { capture: undefined });
    assert.deepEqual(zoomed.picture?.frame.region, { x: 10, y: 20, width: 320, height: 200 });
    await assert.rejects(desktop.capture({ capture: { region: { x: 1000, y: 0, width: 400, height: 300 } } }, signal), { code: 'unprocessable' });
  });

  it('performs an action once however often it is asked, and refuses what is not possible as an outcome', async () => {
    const request = { actionId: 'life-once', epoch: 0, action: { type: 'move' as const, x: 321, y: 123, modifiers: [] }, capture: {} };
    const first = await desktop.perform(request, signal);
    const second = await desktop.perform(request, signal);
    assert.deepEqual([first.outcome.status, first.outcome.replayed, second.outcome.status, second.outcome.replayed], ['performed', false, 'performed', true]);
    assert.deepEqual((await desktop.state(signal)).pointer, { x: 321, y: 123 });
    const off = await act({ type: 'move', x: 1280, y: 10, modifiers: [] });
    assert.deepEqual([off.outcome.status, off.outcome.error?.code], ['refused', 'off_screen']);
    const stale = await act({ type: 'move', x: 1, y: 1, modifiers: [] }, { epoch: 7 });
    assert.deepEqual([stale.outcome.status, stale.outcome.error?.code], ['refused', 'stale_epoch']);
    await assert.rejects(desktop.perform({ ...request, action: { type: 'move', x: 9, y: 9, modifiers: [] } }, signal), { code: 'conflict' });
  });

  it('stops an action that its caller gives up, and says how it ended', async () => {
    const stop = new AbortController();
    const waiting = desktop.perform({ actionId: 'life-given-up', epoch: 0, action: { type: 'wait', ms: 60_000 } }, stop.signal);
    await desktop.state(signal);
    const started = performance.now();
    stop.abort(new Error('enough'));
    const how = await waiting.then(({ outcome }) => outcome.status, (error: Error) => error.message);
    assert.ok(['failed', 'refused', 'enough'].includes(how), how);
    assert.ok(performance.now() - started < 4000);
    assert.equal((await act({ type: 'cursor' })).outcome.status, 'performed');
  });

  it('runs a program as the agent, on a machine with loopback only', async () => {
    const { stdout, exitCode } = await desktop.runProgram({ argv: ['id', '-un'] }, signal);
    assert.deepEqual([stdout.toString(), exitCode], ['agent\n', 0]);
    const loopback = 'import socket\ns=socket.create_server(("127.0.0.1",0))\nc=socket.create_connection(s.getsockname())\nprint(c.recv(1) if s.accept()[0].send(b"x")==2 else "ok")\n';
    const local = await desktop.runProgram({ argv: ['python3', '-'], stdin: loopback }, signal);
    assert.equal(local.stdout.toString(), 'ok\n', local.stderr.toString());
    const outside = await desktop.runProgram({ argv: ['python3', '-c', 'import socket; socket.create_connection(("1.1.1.1",53),2)'] }, signal);
    assert.match(outside.stderr.toString(), /unreachable/i);
    const slow = await desktop.runProgram({ argv: ['sleep', '60'], deadlineMs: 300 }, signal);
    assert.equal(slow.timedOut, true);
    await assert.rejects(desktop.runProgram({ argv: ['no-such-program'] }, signal), { code: 'not_found' });
  });

  it('takes 20 MB in and gives them out again', async () => {
    const bytes = randomBytes(20 * 2 ** 20);
    const started = performance.now();
    assert.deepEqual(await desktop.writeFile('big/file.bin', pieces(bytes, 1_000_001), 32 * 2 ** 20, signal), { size: bytes.length });
    const written = performance.now();
    const read = await readWhole(desktop, 'big/file.bin');
    const done = performance.now();
    const digest = createHash('sha256').update(bytes).digest('hex');
    assert.equal(createHash('sha256').update(read).digest('hex'), digest);
    assert.match((await desktop.runProgram({ argv: ['sha256sum', 'big/file.bin'] }, signal)).stdout.toString(), new RegExp(`^${digest}`));
    console.log(`20 MB in ${Math.round(written - started)} ms, out ${Math.round(done - written)} ms`);
    assert.deepEqual((await desktop.listFiles({ path: 'big' }, signal)).entries.map(({ path, size }) => [path, size]), [['big/file.bin', bytes.length]]);
    await desktop.removeFile('big/file.bin', signal);
    await assert.rejects(desktop.readFile('big/file.bin', signal), { code: 'not_found' });
  });

  it('gives a file back whose reader goes away, whenever that is', async () => {
    await desktop.writeFile('left.bin', pieces(randomBytes(600_000), 100_000), 10_000_000, signal);
    for (let round = 0; round < 60; round += 1) {
      const reader = new AbortController();
      const reading = desktop.readFile('left.bin', reader.signal);
      if (round % 3 === 0) reader.abort();
      if (round % 3 === 1) setImmediate(() => reader.abort());
      await reading.then(async ({ content }) => {
        for await (const _ of content) reader.abort();
      }).catch(() => {}); // Given up, as it should be.
    }
    assert.equal((await readWhole(desktop, 'left.bin')).length, 600_000);
  });

  it('writes a file whole or not at all', async () => {
    await assert.rejects(desktop.writeFile('half.bin', pieces(randomBytes(300_000), 100_000), 250_000, signal), { code: 'payload_too_large', message: /250000/ });
    const failing = async function* () {
      yield Buffer.from('some');
      throw new Error('the upload was cut off');
    };
    await assert.rejects(desktop.writeFile('half.bin', failing(), 1000, signal), { message: 'the upload was cut off' });
    await assert.rejects(desktop.readFile('half.bin', signal), { code: 'not_found' });
  });

  it('lets no path out of the home folder', async () => {
    await desktop.runProgram({ argv: ['sh', '-c', 'ln -sf /etc/passwd link; ln -sfn /etc folder; ln -sf ../../etc/passwd relative; mkfifo pipe'] }, signal);
    for (const path of ['../../etc/passwd', '/etc/passwd', 'a/../../../etc/passwd', 'link', 'relative', 'folder/passwd', '/home/agent/../../etc/passwd', '/proc/self/root/etc/passwd', 'pipe', 'bad\0name', '.']) {
      await assert.rejects(readWhole(desktop, path), { name: 'VitrineError', code: /^(forbidden|not_found|invalid_request|conflict)$/ }, path);
      await assert.rejects(desktop.writeFile(path, pieces(Buffer.from('x'), 1), 10, signal).then(() => readWhole(desktop, '/etc/passwd')), { name: 'VitrineError' }, path);
    }
    assert.match((await desktop.runProgram({ argv: ['head', '-1', '/etc/passwd'] }, signal)).stdout.toString(), /^root:/);
  });

  it('shares its clipboard', async () => {
    const text = 'Grüße, 世界 👋\nsecond line';
    await desktop.writeClipboard(text, signal);
    assert.equal(await desktop.readClipboard(signal), text);
    assert.equal((await desktop.runProgram({ argv: ['sh', '-c', 'DISPLAY=:0 xclip -o -selection clipboard'] }, signal)).stdout.toString(), text);
    await assert.rejects(desktop.writeClipboard('x'.repeat(70_000), signal), { code: 'payload_too_large' });
  });

  it('answers quickly', async () => {
    const bare: number[] = [];
    const clicks: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const started = performance.now();
      await desktop.capture({}, signal);
      bare.push(performance.now() - started);
    }
    for (let round = 0; round < 10; round += 1) {
      const { outcome, totalMs } = await act({ type: 'click', x: 640, y: 300, button: 'left', count: 1, modifiers: [] });
      assert.equal(outcome.status, 'performed');
      assert.equal(outcome.settled, true);
      clicks.push(totalMs);
    }
    console.log(`bare frame at the controller: median ${median(bare)} ms; click until the settled picture: median ${median(clicks)} ms`);
    assert.ok(median(bare) < 150 && median(clicks) < 1000, 'ten times slower than it should be');
  });

  it('belongs to one run at a time', () => {
    desktops.hold('d_life', 'r_1');
    assert.throws(() => desktops.hold('d_life', 'r_2'), { code: 'conflict', message: /r_1/ });
    desktops.letGo('d_life', 'r_2', 0);
    assert.equal(desktop.view().runId, 'r_1');
    desktops.letGo('d_life', 'r_1', 60_000);
    assert.ok((desktop.view().releasesAt ?? 0) > Date.now());
    desktops.hold('d_life', 'r_2');
    assert.deepEqual([desktop.view().runId, desktop.view().releasesAt], ['r_2', null]);
    assert.throws(() => desktops.hold('d_none', 'r_2'), { code: 'not_found' });
  });

  it('ends for all who use it, and leaves no container', async () => {
    const ends: unknown[] = [];
    desktop.onEnd((end) => ends.push(end));
    await Promise.all([desktops.release('d_life', 'asked to'), desktops.release('d_life', 'asked to again')]);
    await desktops.release('d_life', 'a third time');
    assert.deepEqual(ends, [{ kind: 'released', reason: 'asked to' }]);
    assert.deepEqual(await installation.containers(), []);
    assert.equal(desktops.get('d_life'), undefined);
    assert.deepEqual(desktops.list(), []);
    await assert.rejects(desktop.capture({}, signal), { code: 'gone', message: /asked to/ });
  });

  it('is launched in a time that can be told stage by stage', async () => {
    const launches: Desktop[] = [];
    for (let round = 0; round < 3; round += 1) {
      launches.push(await launch(desktops, `d_time_${round}`));
      await desktops.release(`d_time_${round}`, 'measured');
    }
    const times = stages.map((stage) => median(launches.map((one) => one.view().stages.find((time) => time.stage === stage)?.ms ?? Number.NaN)));
    const whole = median(launches.map((one) => one.view().stages.reduce((sum, { ms }) => sum + ms, 0)));
    console.log(`launch, median of ${launches.length}: ${stages.map((stage, index) => `${stage} ${times[index]}`).join(', ')}; whole ${whole} ms`);
    assert.ok(times.every((time) => Number.isFinite(time)));
  });
});
