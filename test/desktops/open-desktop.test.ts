import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import sharp from 'sharp';
import type { DesktopEnd } from '../../controller/desktops/desktop.ts';
import { OpenDesktop } from '../../controller/desktops/open-desktop.ts';
import { encodeMessage } from '../../sandbox-image/wire/index.ts';
import type { ActionOutcome, Frame } from '../../sandbox-image/wire/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { StandIn, standInLauncher } from './stand-in.ts';
import type { StandInHandler } from './stand-in.ts';

const never = new AbortController().signal;
const display = { width: 640, height: 400 };
const bytes = await sharp({ create: { ...display, channels: 3, background: '#123456' } }).png().toBuffer();
const frame: Frame = {
  frameId: 'f1', capturedAt: 1, display, region: { x: 0, y: 0, ...display }, format: 'png', ...display,
  byteLength: bytes.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 },
};
const outcome: ActionOutcome = {
  actionId: 'a_1', status: 'performed', pointer: { x: 5, y: 6 }, effect: { kind: 'nothing' }, settled: true, waitedMs: 1,
  timings: { queueMs: 0, inputMs: 1, settleMs: 1, captureMs: 1 }, warnings: [], replayed: false,
};
const request = { actionId: 'a_1', epoch: 0, action: { type: 'move' as const, x: 5, y: 6, modifiers: [] }, capture: {} };

/** A shim's handler: hello as usual, all else by the test. */
function shim(handle: StandInHandler, hello: object = {}): StandInHandler {
  return (asked, body, socket) => (asked.method === 'hello' ? { result: { protocol: 1, server: 'shim', display, epoch: 0, ...hello } } : handle(asked, body, socket));
}

function opened(paths: { shim?: string; hands?: string }, onFenced = () => {}, more: { readonly stopGraceMs?: number } = { stopGraceMs: 0 }) {
  const launcher = standInLauncher(paths);
  const record = { id: 'd_1', display, image: 'i', project: 'default', createdAt: 1, stages: [], state: 'ready' as const, runId: undefined, releasesAt: undefined, reason: undefined };
  const desktop = new OpenDesktop({ launcher, containerId: 'c', controllerEpoch: 1, record, log: pino({ level: 'silent' }), onFenced, ...more });
  return { launcher, desktop, end: new Promise<DesktopEnd>((resolve) => void desktop.onEnd(resolve)) };
}

describe('OpenDesktop', () => {
  it('asks for the same action again when the connection is lost before the answer, and gives what the ledger says', async () => {
    const ids: unknown[] = [];
    await using standIn = await StandIn.answering(shim(({ params }, _body, socket) => {
      ids.push((params as { actionId: string }).actionId);
      if (ids.length < 3) return void socket.terminate();
      return { result: { ...outcome, replayed: true, frame }, body: bytes };
    }));
    const { desktop } = opened({ shim: standIn.path });
    const performed = await desktop.perform(request, never);
    assert.deepEqual(ids, ['a_1', 'a_1', 'a_1']);
    assert.equal(performed.outcome.replayed, true);
    assert.deepEqual(performed.picture?.bytes, bytes);
    assert.equal(standIn.sockets.length, 3);
    desktop.detach('done');
  });

  it('gives up after eight losses and says that the end of the action is unknown', async () => {
    await using standIn = await StandIn.answering(shim((_asked, _body, socket) => void socket.terminate()));
    const { desktop } = opened({ shim: standIn.path });
    await assert.rejects(desktop.perform(request, never), { code: 'desktop_broken', message: /whether perform was done is unknown/ });
    assert.equal(standIn.sockets.length, 8);
    desktop.detach('done');
  });

  const lies: Record<string, { readonly result: unknown; readonly body?: Buffer }> = {
    'a picture that is none': { result: { ...outcome, frame: { ...frame, byteLength: 5 } }, body: Buffer.from('hello') },
    'a picture of another size than its frame': { result: { ...outcome, frame: { ...frame, width: 320, height: 200 } }, body: bytes },
    'a frame of another screen': { result: { ...outcome, frame: { ...frame, display: { width: 641, height: 400 } } }, body: bytes },
    'a frame of another format': { result: { ...outcome, frame: { ...frame, format: 'jpeg' } }, body: bytes },
    'the outcome of another action': { result: { ...outcome, actionId: 'a_2', frame }, body: bytes },
    'a picture without a frame': { result: outcome, body: bytes },
  };
  for (const [what, answer] of Object.entries(lies)) {
    it(`is broken by ${what}`, async () => {
      await using standIn = await StandIn.answering(shim(() => answer));
      const { desktop, end } = opened({ shim: standIn.path });
      await assert.rejects(desktop.perform(request, never), { code: 'desktop_broken' });
      assert.equal((await end).kind, 'broken');
      await assert.rejects(desktop.state(never), { code: 'desktop_broken', message: /cannot be used any more/ });
    });
  }

  it('tells a stopped container from a broken desktop, once, also to those who ask later', async () => {
    await using standIn = await StandIn.answering(shim(() => ({ result: outcome })));
    const { desktop, end, launcher } = opened({ shim: standIn.path });
    await desktop.perform({ ...request, capture: undefined }, never);
    launcher.stop();
    for (const socket of standIn.sockets) socket.terminate();
    assert.deepEqual(await end, { kind: 'lost', reason: 'its container ended with exit code 137' });
    let calls = 0;
    desktop.onEnd(() => (calls += 1));
    assert.equal(calls, 1);
    await assert.rejects(desktop.capture({}, never), { code: 'gone', message: /exit code 137/ });
  });

  it('takes what a stopping container does last for no broken desktop, although the engine still says that it runs', async () => {
    await using standIn = await StandIn.answering(shim((_asked, _body, socket) => void socket.send('HTTP/1.1 half a')));
    const { desktop, end, launcher } = opened({ shim: standIn.path }, undefined, {});
    const lasting = setTimeout(() => launcher.stop(), 600);
    await assert.rejects(desktop.state(never));
    assert.deepEqual(await end, { kind: 'lost', reason: 'its container ended with exit code 137' });
    clearTimeout(lasting);
  });

  it('is broken when its shim says so, by notice or at hello', async () => {
    await using telling = await StandIn.answering(shim((_asked, _body, socket) => {
      socket.send(encodeMessage({ notice: 'broken', reason: 'the X server is gone' }));
      return undefined;
    }));
    const first = opened({ shim: telling.path });
    await assert.rejects(first.desktop.state(never));
    assert.equal((await first.end).kind, 'broken');
    await using greeting = await StandIn.answering(shim(() => undefined, { broken: 'the X server ended with status 1' }));
    const second = opened({ shim: greeting.path });
    await assert.rejects(second.desktop.state(never), { code: 'desktop_broken', message: /X server ended with status 1/ });
    assert.equal((await second.end).kind, 'broken');
  });

  it('knows when a newer controller has taken over', async () => {
    await using standIn = await StandIn.answering(() => ({ error: { code: 'stale_epoch', message: 'controller epoch 1 is older than 2' } }));
    let isFenced = false;
    const { desktop, end } = opened({ shim: standIn.path }, () => (isFenced = true));
    await assert.rejects(desktop.setEpoch(3, never), { code: 'stale_epoch' });
    assert.match((await end).reason, /newer controller/);
    assert.ok(isFenced);
  });

  it('passes on a refused epoch without ending', async () => {
    await using standIn = await StandIn.answering(shim(({ method }) => (method === 'setEpoch' ? { error: { code: 'stale_epoch', message: 'the present one is 9' } } : { result: {} })));
    const { desktop } = opened({ shim: standIn.path });
    await assert.rejects(desktop.setEpoch(3, never), { code: 'stale_epoch', message: /present one is 9/ });
    await desktop.writeClipboard('still there', never);
    desktop.detach('done');
  });

  it('writes a file over one connection only: after a loss nothing of it is sent again', async () => {
    const asked: string[] = [];
    await using hands = await StandIn.answering(({ method }, _body, socket) => {
      asked.push(method);
      if (method === 'hello') return { result: { protocol: 1, server: 'hands' } };
      if (method === 'writeFile') return void socket.terminate();
      return { result: method === 'openFile' ? { handle: 1, size: 0 } : { entries: [], truncated: false } };
    });
    const { desktop } = opened({ hands: hands.path });
    const content = async function* () {
      yield Buffer.from('content');
    };
    await assert.rejects(desktop.writeFile('a.txt', content(), 100, never), { code: 'desktop_broken', message: /whether writeFile was done is unknown/ });
    await desktop.listFiles({}, never);
    assert.deepEqual(asked, ['hello', 'openFile', 'writeFile', 'hello', 'listFiles']);
    desktop.detach('done');
  });

  it('does not believe hands more than its own counting, and lives on', async () => {
    await using hands = await StandIn.answering(({ method }) => {
      if (method === 'hello') return { result: { protocol: 1, server: 'hands' } };
      return { result: { exitCode: 0, signal: null, timedOut: false, truncated: false, stdoutBytes: 100, stderrBytes: 0, durationMs: 1 }, body: Buffer.from('short') };
    });
    await using standIn = await StandIn.answering(shim(() => ({ result: {} })));
    const { desktop } = opened({ hands: hands.path, shim: standIn.path });
    await assert.rejects(desktop.runProgram({ argv: ['true'] }, never), { code: 'desktop_broken', message: /5 bytes of output/ });
    await desktop.writeClipboard('the screen is not concerned', never);
    desktop.detach('done');
  });

  it('closes its connections when it is detached, without a word to listeners', async () => {
    await using standIn = await StandIn.answering(shim(() => ({ result: {} })));
    const { desktop } = opened({ shim: standIn.path });
    let isTold = false;
    desktop.onEnd(() => (isTold = true));
    await desktop.writeClipboard('x', never);
    desktop.detach('the controller is shutting down');
    await waitFor('the connection to close', () => standIn.sockets.every((socket) => socket.readyState === socket.CLOSED));
    await assert.rejects(desktop.writeClipboard('y', never), { code: 'unavailable', message: /shutting down/ });
    assert.equal(isTold, false);
  });
});
