import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { runAgent } from '../../examples/agents-sdk-own-loop.ts';
import { askOnce } from '../../examples/one-request.ts';
import { runToolset } from '../../examples/openai-own-loop.ts';
import { ControllerProcess } from '../support/controller-process.ts';

describe('loops of callers on desktops that Vitrine supplies', () => {
  let controller: ControllerProcess;
  const key = () => controller.headers['authorization']?.slice('Bearer '.length) ?? '';
  before(async () => {
    controller = await ControllerProcess.start({ VITRINE_MAX_DESKTOPS: '2' });
  });
  after(async () => controller[Symbol.asyncDispose]());

  /** The caller's run on a desktop, which is then released; nothing else was done there. */
  async function callerRun(desktopId: string): Promise<Run> {
    assert.match(desktopId, /^pass-[0-9a-f]{20}$/);
    const { runs } = await controller.get<{ runs: Run[] }>(`/api/runs?desktop=${desktopId}`);
    assert.deepEqual(runs.map(({ driver }) => driver), ['caller']);
    const [run] = runs;
    assert.ok(run !== undefined);
    assert.equal((await controller.request('DELETE', `/api/desktops/${desktopId}`)).status, 204);
    return await controller.ended(run.id);
  }

  it("is openai's ComputerToolset, whose actions are journalled and can be replayed", async () => {
    const { answer, desktopId } = await runToolset(controller.url, key(), "Run a Python script that prints 'Hello from my own loop'");
    assert.equal(answer, 'Hello from my own loop');
    const desktop = await controller.get<DesktopView>(`/api/desktops/${desktopId}`);
    assert.deepEqual(desktop.display, { width: 1280, height: 800 });
    const run = await callerRun(desktopId);
    assert.equal(run.state, 'succeeded');
    assert.ok(run.steps >= 6, `${run.steps} steps`);
    const typed = (await controller.events(run.id)).filter(({ fact }) => fact.type === 'action.intended' && fact.action.type === 'type');
    assert.ok(typed.length >= 2);
    assert.equal((await controller.request('GET', `/api/runs/${run.id}/replay`)).status, 200);
  });

  it("is the agents SDK's computerTool", async () => {
    const { answer, desktopId } = await runAgent(controller.url, key(), "Run a Python script that prints 'Hello from an agent'");
    assert.equal(answer, 'Hello from an agent');
    assert.equal((await callerRun(desktopId)).state, 'succeeded');
  });

  it('is not needed: without the mode one request does it all', async () => {
    assert.equal(await askOnce(controller.url, key()), 'Hello from computer use');
  });
});
