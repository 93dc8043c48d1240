import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import { ControllerProcess } from '../support/controller-process.ts';

const launches = process.env['VITRINE_TEST_FULL'] === '1' ? 21 : 3;

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function frameOf(controller: ControllerProcess, id: string): Promise<Buffer> {
  return Buffer.from(await (await controller.request('GET', `/api/desktops/${id}/frame`)).arrayBuffer());
}

describe('a launch', () => {
  it('takes about a second from the request to a desktop whose first frame is complete', async () => {
    await using controller = await ControllerProcess.start();
    const taken: number[] = [];
    const stages = new Map<string, number[]>();
    for (let round = 0; round < launches; round += 1) {
      const at = performance.now();
      const desktop = await controller.post<DesktopView>('/api/desktops', {});
      taken.push(performance.now() - at);
      assert.equal(desktop.state, 'ready');
      for (const { stage, ms } of desktop.stages) stages.set(stage, [...(stages.get(stage) ?? []), ms]);
      const first = await frameOf(controller, desktop.id);
      await controller.post(`/api/desktops/${desktop.id}/actions`, { actions: [{ type: 'wait', ms: 1000 }] });
      assert.ok(first.equals(await frameOf(controller, desktop.id)), 'a desktop that is ready draws no more');
      await controller.request('DELETE', `/api/desktops/${desktop.id}`);
    }
    const parts = [...stages].map(([stage, ms]) => `${stage} ${median(ms).toFixed(0)}`);
    console.log(`# launch over HTTP: median ${median(taken).toFixed(0)} ms of ${launches}, ${Math.min(...taken).toFixed(0)} to ${Math.max(...taken).toFixed(0)} (${parts.join(', ')})`);
    assert.ok(median(taken) < 5000, 'a launch takes about a second; several times that is wrong even on a busy machine');
  });
});
