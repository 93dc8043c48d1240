import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import type { Model } from '../../controller/models/model.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel } from '../support/scripted-model.ts';
import { click, turnWith } from './random-commands.ts';

const isFull = process.env['VITRINE_TEST_FULL'] === '1';
const marks = isFull ? [100, 1000, 5000] : [100, 600];
const ann = { name: 'ann', project: 'default' };
/** Steps on each side of a mark over which is measured. */
const around = 40;

/** What a step cost the controller around some step of a run: its processor time, and the size of what is stored of the run with each event. */
type Cost = { readonly step: number; readonly cpuMs: number; readonly wallMs: number; readonly snapshotBytes: number };

/** A model that answers at once, with one click a turn, and finishes after the last mark. `look` is called at each question. */
function clicking(look: (question: number) => void): Model {
  const last = (marks.at(-1) ?? 0) + around;
  let question = 0;
  return {
    name: 'clicking',
    capture: { format: 'png' },
    async decide() {
      question += 1;
      look(question);
      if (question > last) return turnWith([], 'done');
      const callId = `call_${question}`;
      const raw = [{ type: 'computer_call', id: `cu_${question}`, call_id: callId, status: 'completed', actions: [{ type: 'click', x: question % 1280, y: 10, button: 'left' }], pending_safety_checks: [] }];
      return { ...turnWith([{ callId, actions: [{ ...click, x: question % 1280 }], safetyChecks: [] }]), raw };
    },
  };
}

describe('a long run', () => {
  it(`costs the controller no more at step ${marks.at(-1)} than at step ${marks[0]}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-long-'));
    const journal = openJournal(folder);
    const costs: Cost[] = [];
    let from = { cpu: process.cpuUsage(), at: performance.now() };
    const model = clicking((question) => {
      if (marks.includes(question + around)) from = { cpu: process.cpuUsage(), at: performance.now() };
      if (!marks.includes(question - around)) return;
      const { user, system } = process.cpuUsage(from.cpu);
      const perStep = (ms: number) => Math.round((ms / (2 * around)) * 100) / 100;
      const snapshotBytes = JSON.stringify(journal.run(runId)?.snapshot).length;
      costs.push({ step: question - around, cpuMs: perStep((user + system) / 1000), wallMs: perStep(performance.now() - from.at), snapshotBytes });
    });
    const runs = createRuns({ journal, desktops: fakeDesktops(), models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 1, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
    const budgets = { maxSteps: 100_000, maxDurationMs: 7 * 24 * 3_600_000 };
    const { id: runId } = runs.create(RunRequest.parse({ task: 'do it', budgets }), ann);
    try {
      const run = await runs.ended(runId, ann, AbortSignal.timeout(600_000));
      assert.deepEqual([run.state, run.steps], ['succeeded', (marks.at(-1) ?? 0) + around]);
      console.log(`# the controller's own work for one step: ${costs.map(({ step, cpuMs, wallMs, snapshotBytes }) => `at step ${step} ${cpuMs} ms of processor (${wallMs} ms with the disk), snapshot ${snapshotBytes} bytes`).join('; ')}`);
      const [first, last] = [costs[0], costs.at(-1)];
      assert.ok(first !== undefined && last !== undefined && costs.length === marks.length);
      assert.ok(last.cpuMs <= 2 * first.cpuMs + 2, 'a step late in a run costs about what one at its beginning does; reading the whole history each time costs four times as much at step 600');
      assert.ok(last.snapshotBytes < first.snapshotBytes + 200, 'what is stored with each event does not grow with the run');
    } finally {
      await runs.close();
      journal.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
