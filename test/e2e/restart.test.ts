import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, startScriptedVendor } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';

const move = (x: number) => ({ type: 'move', x, y: 7 });

describe('a controller that is restarted', () => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`goes on with its run after ${signal} between two turns`, async () => {
      const gate = Promise.withResolvers<readonly unknown[]>();
      await using vendor = await startScriptedVendor([[computerCall('c1', [move(3)])], gate.promise, [computerCall('c2', [move(4)])], [message('done')]]);
      await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
      const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted' });
      await controller.until(id, () => vendor.asked.length === 2);
      await controller.kill(signal);
      await controller.startAgain();
      gate.resolve([message('an answer to a connection that is gone')]);
      const run = await controller.ended(id);
      assert.deepEqual([run.state, run.answer, run.steps], ['succeeded', 'done', 2]);
      const events = await controller.events(id);
      const moved = events.flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.actionId] : []));
      assert.equal(new Set(moved).size, 2);
      assert.equal(moved.length, 2);
      const asked = vendor.asked.map((request) => JSON.stringify(request['input']).match(/"call_id":"c1"/g)?.length ?? 0);
      assert.deepEqual(asked.slice(0, 2), [0, 2], 'the second question holds the call and its answer');
    });

    it(`performs the action in flight once when ${signal} comes during it`, async () => {
      await using vendor = await startScriptedVendor([[computerCall('c1', [{ type: 'type', text: 'x'.repeat(2500) }])], [message('done')]]);
      await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
      const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted' });
      await controller.until(id, ({ state }) => state === 'executingAction');
      await controller.kill(signal);
      await controller.startAgain();
      const run = await controller.ended(id);
      assert.equal(run.state, 'succeeded', String(run.failure?.message));
      const outcomes = (await controller.events(id)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.outcome] : []));
      assert.equal(outcomes.length, 1);
      assert.ok(['performed', 'failed'].includes(outcomes[0]?.status ?? ''), JSON.stringify(outcomes[0]));
    });
  }

  it('goes on with a response in the background, and its stream behind the last event that the client has', async () => {
    const gate = Promise.withResolvers<readonly unknown[]>();
    await using vendor = await startScriptedVendor([[computerCall('c1', [move(3)])], gate.promise, [computerCall('c2', [move(4)])], [message('done')]]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const client = () => new OpenAI({ baseURL: `${controller.url}/v1`, apiKey: controller.headers['authorization']?.slice('Bearer '.length), maxRetries: 0 });
    const got: OpenAI.Responses.ResponseStreamEvent[] = [];
    const stream = await client().responses.create({ model: 'scripted', tools: [{ type: 'computer' }], input: 'go', background: true, stream: true });
    const told = (async () => {
      for await (const event of stream) got.push(event);
    })().catch(() => {}); // It is cut when the controller is killed.
    await waitFor('the second question to the model', () => vendor.asked.length === 2);
    await controller.kill('SIGKILL');
    await told;
    const [first] = got;
    assert.ok(first?.type === 'response.created');
    await controller.startAgain();
    gate.resolve([message('an answer to a connection that is gone')]);
    const { id } = first.response;
    const rest = await Array.fromAsync<OpenAI.Responses.ResponseStreamEvent>(await client().responses.retrieve(id, { stream: true, starting_after: got.at(-1)?.sequence_number ?? 0 }));
    const numbers = [...got, ...rest].map(({ sequence_number: number }) => number);
    assert.deepEqual(numbers, numbers.map((_number, index) => index));
    const last = rest.at(-1);
    assert.ok(last?.type === 'response.completed' && last.response.output_text === 'done', JSON.stringify(last));
    const whole = await Array.fromAsync<OpenAI.Responses.ResponseStreamEvent>(await client().responses.retrieve(id, { stream: true }));
    assert.deepEqual(whole.map(({ type }) => type), [...got, ...rest].map(({ type }) => type));
  });

  it('waits for the engine: no run is given up because the engine came back later than the controller', async () => {
    const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
    await using vendor = await startScriptedVendor([[computerCall('c1', [move(3)], [check])], [message('done')]]);
    const environment = { OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' };
    await using controller = await ControllerProcess.start(environment);
    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted' });
    const approval = await controller.pendingApproval(id);
    await controller.kill('SIGKILL');
    const socket = join(controller.dataFolder, 'engine.sock');
    await controller.startAgain({ ...environment, DOCKER_HOST: `unix://${socket}` });
    assert.equal((await controller.request('GET', '/readyz')).status, 503);
    assert.equal((await controller.run(id)).state, 'awaitingSafetyAck');
    await symlink('/var/run/docker.sock', socket);
    await controller.until(id, () => controller.log.some((line) => line.includes('adopted the desktops')));
    await controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'approve' });
    assert.equal((await controller.ended(id)).state, 'succeeded');
  });

  it('keeps a desktop for the time that its run asked for', async () => {
    await using vendor = await startScriptedVendor([[message('done')]]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted', keepForMs: 3_600_000 });
    const { desktopId, endedAt } = await controller.ended(id);
    await controller.kill('SIGKILL');
    await controller.startAgain();
    const { releasesAt } = await controller.get<DesktopView>(`/api/desktops/${desktopId}`);
    assert.ok(Math.abs((releasesAt ?? 0) - (endedAt ?? 0) - 3_600_000) < 5000, `released at ${releasesAt}, ended at ${endedAt}`);
  });

  it('ends at once, with the reason, when its address is taken', async () => {
    await using controller = await ControllerProcess.start();
    await assert.rejects(ControllerProcess.start({ VITRINE_LISTEN: new URL(controller.url).host }), /ended with 1 before it listened[\s\S]*EADDRINUSE/);
  });

  it('keeps a pending approval, and refuses a second controller on its data folder', async () => {
    const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
    await using vendor = await startScriptedVendor([[computerCall('c1', [move(3)], [check])], [message('done')]]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted' });
    const approval = await controller.pendingApproval(id);
    await assert.rejects(ControllerProcess.start({ VITRINE_DATA: controller.dataFolder }), /another controller uses the data folder/);
    await controller.kill('SIGKILL');
    await controller.startAgain();
    assert.deepEqual(await controller.pendingApproval(id), approval);
    await controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'approve' });
    assert.equal((await controller.ended(id)).state, 'succeeded');
  });
});
