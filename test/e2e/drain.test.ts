import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { RunFact } from '../../controller/runs/run-event.ts';
import type { Run } from '../../controller/runs/run.ts';
import { containerOf } from '../faults/matrix/evidence.ts';
import { PlannedVendor, click, letters } from '../faults/matrix/planned-vendor.ts';
import { WitnessedDesktop } from '../faults/matrix/witnessed-desktop.ts';
import { environmentFor } from '../faults/matrix/world.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { waitFor } from '../support/wait-for.ts';

const turns = 12;

describe('SIGTERM', () => {
  it('F29: under load it parks every run, answers what comes with 503, exits with 0 in time; all runs complete after the next start, and nothing was done twice', async () => {
    await using vendor = await PlannedVendor.start();
    await using controller = await ControllerProcess.start(environmentFor(vendor, { VITRINE_DRAIN_SECONDS: '20' }));
    const runs = [];
    for (let count = 0; count < 2; count += 1) {
      const { id } = await controller.post<DesktopView>('/api/desktops', {});
      const desktop = await WitnessedDesktop.open(id, await containerOf(id));
      const plan = vendor.plan([...Array.from({ length: turns }, () => ({ actions: [click(), click()] })), { actions: [{ type: 'type', text: letters(200) }] }]);
      const run = await controller.post<Run>('/api/runs', { task: plan.task, model: 'planned', desktopId: id });
      runs.push({ desktop, plan, id: run.id });
    }
    /* One run waits for the model, which never answers this question; the other is in the middle of its actions. */
    const [first, second] = runs;
    assert.ok(first && second);
    const release = vendor.hold(first.plan.name, 5);
    await waitFor('runs in the middle', () => (vendor.questions(first.plan.name).some(({ turn }) => turn === 5) && vendor.questions(second.plan.name).some(({ turn }) => turn >= 3) ? true : undefined), 60_000);
    const stream = await controller.request('GET', `/api/runs/${first.id}/events`, undefined, { accept: 'text/event-stream' });
    const streamed = stream.text();
    const began = performance.now();
    const refused: { status: number; retryAfter: string | null }[] = [];
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        const answer = await controller.request('POST', '/api/runs', { task: 'Do nothing', model: 'planned', desktopId: 'no-such-desktop' }).catch(() => undefined);
        if (answer?.status === 503) refused.push({ status: answer.status, retryAfter: answer.headers.get('retry-after') });
      }
    })();
    const code = await controller.kill('SIGTERM').finally(() => { isOver = true; });
    const tookMs = performance.now() - began;
    await load;
    assert.equal(code, 0);
    assert.ok(tookMs < 20_000, `it took ${Math.round(tookMs)} ms`);
    assert.ok(refused.every(({ retryAfter }) => Number(retryAfter) > 0), JSON.stringify(refused[0]));
    assert.match(await streamed, /event: run\.created/, 'the stream ended whole, not torn');
    release();
    await controller.startAgain();
    for (const { id, desktop, plan } of runs) {
      const run = await controller.ended(id);
      assert.deepEqual([run.state, run.answer, run.steps], ['succeeded', `done ${plan.name}`, turns * 2 + 1]);
      const facts = (await controller.events(id)).map(({ fact }) => fact);
      assert.deepEqual(clicksIn(facts), await pressesOn(desktop), 'what the journal says is what the desktop witnessed');
      assert.equal(new Set(clicksIn(facts)).size, turns * 2);
      assert.equal(await desktop.count('keydown'), 200);
    }
    console.log(`# SIGTERM under load: exit ${code} after ${Math.round(tookMs)} ms, ${refused.length} requests refused meanwhile`);
  });

  it('a second one exits at once', async () => {
    await using vendor = await PlannedVendor.start();
    await using controller = await ControllerProcess.start(environmentFor(vendor));
    const { id } = await controller.post<DesktopView>('/api/desktops', {});
    const slow = controller.post(`/api/desktops/${id}/actions`, { actions: [{ type: 'wait', ms: 20_000 }] }).catch(() => undefined);
    await waitFor('the action', async () => ((await controller.get<{ runs: Run[] }>('/api/runs')).runs.some(({ state }) => state === 'executingAction') ? true : undefined));
    const began = performance.now();
    const first = controller.kill('SIGTERM');
    const readiness = await waitFor('the drain', async () => {
      const response = await controller.request('GET', '/readyz').catch(() => undefined);
      const body = (await response?.json()) as { checks?: { name: string; ok: boolean }[] } | undefined;
      return body?.checks?.some(({ name, ok }) => name === 'draining' && !ok) ? response?.status : undefined;
    });
    assert.equal(readiness, 503);
    const refused = await controller.request('POST', `/api/desktops/${id}/programs`, { argv: ['true'] });
    assert.deepEqual([refused.status, Number(refused.headers.get('retry-after')) > 0], [503, true]);
    await controller.kill('SIGTERM');
    await first;
    await slow;
    assert.ok(performance.now() - began < 10_000);
    await controller.startAgain();
  });

  it('exits within its bound though an action takes longer; the action is done once', async () => {
    await using vendor = await PlannedVendor.start();
    await using controller = await ControllerProcess.start(environmentFor(vendor, { VITRINE_DRAIN_SECONDS: '6' }));
    const plan = vendor.plan([{ actions: [{ type: 'wait', ms: 15_000 }] }]);
    const { id } = await controller.post<Run>('/api/runs', { task: plan.task, model: 'planned' });
    await controller.until(id, ({ state }) => state === 'executingAction');
    const began = performance.now();
    assert.equal(await controller.kill('SIGTERM'), 0);
    assert.ok(performance.now() - began < 6000);
    await controller.startAgain();
    const run = await controller.ended(id);
    const outcomes = (await controller.events(id)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.outcome.status] : []));
    assert.deepEqual([run.state, outcomes.length], ['succeeded', 1]);
  });
});

function clicksIn(facts: readonly RunFact[]): string[] {
  return facts.flatMap((fact) => (fact.type === 'action.ended' && fact.action.type === 'click' && fact.outcome.status === 'performed' ? [`${fact.action.x},${fact.action.y}`] : []));
}

async function pressesOn(desktop: WitnessedDesktop): Promise<string[]> {
  return (await desktop.events()).flatMap(({ event, x, y }) => (event === 'press' ? [`${x},${y}`] : []));
}
