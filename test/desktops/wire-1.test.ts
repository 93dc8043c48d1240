import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import sharp from 'sharp';
import type { z } from 'zod';
import { useDesktopTool } from '../../controller/desktops/desktop-tool.ts';
import { greetShim } from '../../controller/desktops/greeting.ts';
import { OpenDesktop } from '../../controller/desktops/open-desktop.ts';
import { DesktopTool } from '../../controller/dialects/transcript.ts';
import { protocolVersion } from '../../sandbox-image/wire/index.ts';
import type { Request } from '../../sandbox-image/wire/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { StandIn, standInLauncher } from './stand-in.ts';
import type { StandInAnswer, StandInHandler } from './stand-in.ts';
import { hands1, shim1 } from './wire-1.ts';

const never = new AbortController().signal;
const display = { width: 640, height: 400 };
const bytes = await sharp({ create: { ...display, channels: 3, background: '#123456' } }).png().toBuffer();
const frame = {
  frameId: 'f1', capturedAt: 1, display, region: { x: 0, y: 0, ...display }, format: 'png', ...display, byteLength: bytes.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 },
};
const held = { keys: ['shift'], buttons: [] };

type Asked = { readonly method: string; readonly params: Record<string, unknown> };

/** A server of version 1 as it was: it answers its own number to any hello, and refuses whatever its tables do not know. */
function strict(tables: Readonly<Record<string, z.ZodType>>, asked: Asked[], answer: (request: Asked, id: number) => StandInAnswer | Promise<StandInAnswer>): StandInHandler {
  return ({ id, method, params }: Request) => {
    const parsed = tables[method]?.safeParse(params ?? {});
    if (parsed === undefined || !parsed.success) {
      asked.push({ method: `refused ${method}: ${parsed?.error.message ?? 'unknown method'}`, params: {} });
      return { error: { code: 'invalid_request', message: `${method} is not of version 1` } };
    }
    const request = { method, params: (params ?? {}) as Record<string, unknown> };
    asked.push(request);
    return answer(request, id);
  };
}

/** A desktop that speaks version 1, whose programs run until they are cancelled. */
async function oldDesktop(stack: AsyncDisposableStack) {
  const asked: Asked[] = [];
  let present = 3;
  const shim = stack.use(await StandIn.answering(strict(shim1, asked, ({ method, params }) => {
    switch (method) {
      case 'hello': return { result: { protocol: 1, server: 'shim', display, epoch: present } };
      case 'perform': return { result: {
        actionId: params['actionId'], status: params['epoch'] === present ? 'performed' : 'refused', pointer: { x: 0, y: 0 }, effect: { kind: 'nothing' }, settled: true, waitedMs: 1,
        timings: { queueMs: 0, inputMs: 1, settleMs: 1, captureMs: 1 }, warnings: [], replayed: false, frame,
        ...(params['epoch'] === present ? {} : { error: { code: 'stale_epoch', message: 'an older epoch' } }),
      }, body: bytes };
      case 'capture': return { result: { frame, settled: true, waitedMs: 0, captureMs: 1 }, body: bytes };
      case 'setEpoch':
        present = Number(params['epoch']);
        return { result: { epoch: present, released: held } };
      default: return { result: {} };
    }
  })));
  const hands = stack.use(await StandIn.answering(strict(hands1, asked, async ({ method, params }, id) => {
    switch (method) {
      case 'hello': return { result: { protocol: 1, server: 'hands' } };
      case 'runProgram': {
        const isLong = (params['argv'] as string[]).includes('sleep');
        if (isLong) await waitFor('the program is cancelled', () => hands.cancelled.includes(id));
        if (isLong) return { error: { code: 'cancelled', message: 'the program was stopped' } };
        return { result: { exitCode: 0, signal: null, timedOut: false, truncated: false, stdoutBytes: 3, stderrBytes: 0, durationMs: 1 }, body: Buffer.from('42\n') };
      }
      case 'openFile': return { result: { handle: 1, size: 0 } };
      case 'writeFile': return { result: { written: 2 } };
      case 'closeFile': return { result: { size: 2 } };
      case 'openProgram': return { result: { pid: 9 } };
      case 'listProcesses': return { result: { processes: [
        { pid: 5, parent: 0, command: '/bin/bash /opt/vitrine/session/session', startedByHands: false }, { pid: 6, parent: 5, command: '/bin/bash /opt/vitrine/session/session', startedByHands: false },
        { pid: 7, parent: 6, command: 'openbox', startedByHands: false }, { pid: 9, parent: 1, command: 'xterm', startedByHands: true },
        { pid: 10, parent: 0, command: 'socat - UNIX-CONNECT:/run/vitrine/agent/hands.sock', startedByHands: false },
      ] } };
      default: return { result: {} };
    }
  })));
  const record = { id: 'd_1', display, image: 'i', project: 'default', createdAt: 1, stages: [], state: 'ready' as const, runId: undefined, releasesAt: undefined, reason: undefined };
  const desktop = new OpenDesktop({ launcher: standInLauncher({ shim: shim.path, hands: hands.path }), containerId: 'c', controllerEpoch: 1, record, log: pino({ level: 'silent' }), onFenced: () => {} });
  stack.defer(() => desktop.detach('done'));
  return { desktop, asked, names: () => asked.map(({ method }) => method) };
}

describe('a desktop of the version before', () => {
  it('is driven through actions, pictures, programs, files and a takeover, and is sent nothing that it does not know', async () => {
    await using stack = new AsyncDisposableStack();
    const { desktop, asked, names } = await oldDesktop(stack);
    await desktop.connect(never);
    assert.equal(desktop.epoch, 3, 'the shim of version 1 names its epoch');
    await desktop.setEpoch(4, never);
    const request = { actionId: 'a_1', epoch: 4, action: { type: 'move' as const, x: 5, y: 6, modifiers: [] }, window: { app: 'XTerm' }, capture: {} };
    assert.equal((await desktop.perform(request, never)).outcome.status, 'performed');
    assert.deepEqual((await desktop.capture({}, never)).bytes, bytes);
    const agent = desktop.inEpoch(4);
    assert.equal((await agent.runProgram({ argv: ['echo', '42'] }, never)).stdout.toString(), '42\n');
    assert.equal((await useDesktopTool(agent, DesktopTool.parse({ type: 'create', path: 'a.txt', text: 'hi' }), never)).isError, false);
    assert.equal((await agent.openProgram(['xterm'], never)).pid, 9);
    await agent.removeFile('a.txt', never);
    await agent.writeClipboard('text', never);

    const running = assert.rejects(agent.runProgram({ argv: ['sleep', '100'] }, never), { code: 'stale_epoch', message: /control passed to epoch 5/ });
    await waitFor('the program runs', () => names().filter((name) => name === 'runProgram').length === 2);
    const fenced = await desktop.fence(5, never);
    await running;
    assert.deepEqual(fenced, { released: held, stopped: [], processes: [{ pid: 9, command: 'xterm', startedByHands: true }], problem: null });
    assert.equal((await desktop.perform({ ...request, actionId: 'a_2' }, never)).outcome.error?.code, 'stale_epoch');
    await assert.rejects(desktop.endProcess(9, 'xterm', never), { code: 'unprocessable', message: /version 1 of the wire, which has no endProcess/ });
    await assert.rejects(desktop.openView('view', never), { code: 'unprocessable', message: /version 1 of the wire, which has no startView: launch a new desktop/ });
    await assert.rejects(desktop.thumbnail(never), { code: 'unprocessable', message: /version 1 of the wire, which has no thumbnail/ });

    assert.deepEqual(names().filter((name) => name.startsWith('refused')), []);
    assert.ok(asked.every(({ method, params }) => method === 'perform' || method === 'setEpoch' || !('epoch' in params)));
    assert.ok(!names().includes('endProcess') && names().filter((name) => name === 'setEpoch').length === 2, 'hands of version 1 are asked nothing of version 2');
  });

  it('is of a version that is spoken here, and not one ahead', async () => {
    for (const protocol of [0, protocolVersion + 1]) {
      await using standIn = await StandIn.answering(({ method }) => (method === 'hello' ? { result: { protocol, server: 'shim', display, epoch: 0 } } : undefined));
      const caller = { launcher: standInLauncher({ shim: standIn.path }), containerId: 'c', desktopId: 'd_1', controllerEpoch: 1 };
      await assert.rejects(greetShim(caller, never), { code: 'desktop_broken', message: /build the desktop image again|at '?protocol|protocol/ });
    }
  });
});
