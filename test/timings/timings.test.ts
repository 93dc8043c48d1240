import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import { ControllerProcess } from '../support/controller-process.ts';

type Acted = { outcomes: { totalMs: number; timings: Record<string, number> }[] };

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe('the time of one action', () => {
  const isFull = process.env['VITRINE_TEST_FULL'] === '1';

  it('from the request to the settled picture, on a page that does not change', async () => {
    await using controller = await ControllerProcess.start();
    const { id } = await controller.post<DesktopView>('/api/desktops', {});
    const clicks: number[] = [];
    const frames: number[] = [];
    const inside: Acted['outcomes'] = [];
    for (let round = 0; round < (isFull ? 100 : 25); round += 1) {
      const at = performance.now();
      const acted = await controller.post<Acted>(`/api/desktops/${id}/actions`, { actions: [{ type: 'click', x: 900 + (round % 5) * 20, y: 400 }] });
      clicks.push(performance.now() - at);
      inside.push(...acted.outcomes);
      const frameAt = performance.now();
      const frame = await controller.request('GET', `/api/desktops/${id}/frame`);
      await frame.arrayBuffer();
      frames.push(performance.now() - frameAt);
    }
    const parts = ['inputMs', 'settleMs', 'captureMs'].map((part) => `${part} ${median(inside.map(({ timings }) => timings[part] ?? 0)).toFixed(1)}`);
    console.log(`# click to settled picture, over HTTP: median ${median(clicks).toFixed(0)} ms (${parts.join(', ')}, in all at the controller ${median(inside.map(({ totalMs }) => totalMs)).toFixed(1)})`);
    console.log(`# frame without settle, over HTTP: median ${median(frames).toFixed(1)} ms`);
    assert.ok(median(clicks) < 300, 'a click takes about 150 ms; twice that is wrong even on a busy machine');
    assert.ok(median(frames) < 60, 'a frame takes about 15 ms; four times that is wrong even on a busy machine');
  });
});
