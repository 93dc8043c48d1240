import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Delays, Diagnosis } from './support/probe.ts';
import { engineHoldings, startProbedController } from './support/probed-controller.ts';
import type { EngineHoldings, ProbedController } from './support/probed-controller.ts';
import { actDirectly, approveAll, askThroughGateway, follow, peek } from './support/soak-clients.ts';
import { startSoakVendor } from './support/soak-vendor.ts';

const isFull = process.env['VITRINE_TEST_FULL'] === '1';
const wantedSteps = Number(process.env['VITRINE_SOAK_STEPS'] ?? (isFull ? 10_000 : 500));
/** Of each model's run; a wave has two of them, and as many requests of a caller. */
const turns = isFull ? 45 : 30;
/** Waves until everything that is made once is made. */
const warmUpWaves = 2;
const mebibyte = 2 ** 20;

/** What everything holds when nothing is under way, after so many steps. */
type Sample = Diagnosis & Omit<EngineHoldings, 'processes'> & { readonly steps: number; readonly processes: number };

/** The three desktops' work at once, with streams that come and go. Resolves with the steps that were performed. */
async function wave(controller: ControllerProcess, kept: string, callers: string): Promise<number> {
  const { id } = await controller.post<Run>('/api/runs', { task: 'Soak', model: 'scripted', desktopId: kept, tools: ['shell', 'files'], loopGuard: { frames: 1000 } });
  const before = await stepsOf(controller, callers);
  const peeks = (async () => {
    for (let count = 0; count < 20; count += 1) await peek(controller);
  })();
  const [told, throughGateway, callerRunId] = await Promise.all([follow(controller, id), askThroughGateway(controller), actDirectly(controller, callers, turns), peeks]);
  const run = await controller.ended(id);
  assert.deepEqual([run.state, run.answer, throughGateway.state], ['succeeded', `done after ${turns} turns`, 'succeeded'], JSON.stringify([run.failure, throughGateway.failure]));
  assert.deepEqual(told, (await controller.events(id)).map(({ sequence }) => sequence), 'a stream tells every event once');
  const direct = await controller.run(callerRunId);
  return run.steps + throughGateway.steps + direct.steps - before;
}

async function stepsOf(controller: ControllerProcess, desktopId: string): Promise<number> {
  const { runs } = await controller.get<{ runs: Run[] }>(`/api/runs?desktop=${desktopId}&driver=caller`);
  return runs.reduce((all, { steps }) => all + steps, 0);
}

/** Looks when only the kept desktops are left. */
async function sample({ controller, diagnose }: ProbedController, steps: number): Promise<Sample> {
  await waitFor('the desktops of finished runs are gone', async () => (await controller.get<{ desktops: DesktopView[] }>('/api/desktops')).desktops.length === 2, 30_000);
  const { processes, ...holdings } = await engineHoldings(controller.installId);
  return { ...(await diagnose()), ...holdings, processes: processes.length, steps };
}

/** Growth for each thousand steps, by least squares. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]) => values.reduce((all, value) => all + value, 0) / values.length;
  const [middleX, middleY] = [mean(samples.map(({ steps }) => steps)), mean(samples.map(of))];
  const across = samples.reduce((all, one) => all + (one.steps - middleX) * (of(one) - middleY), 0);
  return (across / samples.reduce((all, one) => all + (one.steps - middleX) ** 2, 0)) * 1000;
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

/** The event loop's worst of all waves. */
function worst(samples: readonly Sample[], part: keyof Diagnosis['loopDelayMs'], figure: keyof Delays): number {
  return Math.max(...samples.map(({ loopDelayMs }) => loopDelayMs[part][figure]));
}

/** Processor time of the controller for each step of a wave. */
function perStep(samples: readonly Sample[]): (sample: Sample) => number {
  return (one) => Math.round(one.processorMs / (one.steps - (samples[samples.indexOf(one) - 1]?.steps ?? 0)));
}

function told(samples: readonly Sample[]): string {
  const [first, last] = [samples[warmUpWaves], samples.at(-1)];
  const between = (of: (one: Sample) => number) => `${first === undefined ? '?' : of(first)} → ${last === undefined ? '?' : of(last)}`;
  const grown = samples.slice(warmUpWaves);
  return [
    `${last?.steps} steps`,
    `held by the process ${between(({ heldBytes }) => Math.round(heldBytes / mebibyte))} MiB (${(slope(grown, ({ heldBytes }) => heldBytes) / mebibyte).toFixed(2)} MiB per 1000 steps)`,
    `processor ${samples.slice(1).map(perStep(samples)).join(', ')} ms a step, wave by wave`,
    `RSS ${between(({ rssBytes }) => Math.round(rssBytes / mebibyte))} MiB`,
    `descriptors ${between(({ descriptors }) => total(descriptors))}`,
    `exec streams ${between(({ execs }) => execs)}`,
    `containers ${between(({ containers }) => containers)}`,
    `processes inside ${between(({ processes }) => processes)}`,
    `event loop late by ${worst(samples, 'own', 'p99')} ms (p99) and ${worst(samples, 'own', 'max')} ms (at most), by ${worst(samples, 'all', 'p99')} and ${worst(samples, 'all', 'max')} with waits for a processor, in the worst wave`,
  ].join(', ');
}

describe('soak', () => {
  it(`I15: ${wantedSteps} steps over three desktops at once leave nothing behind: no memory, descriptor, exec stream, process or container`, async () => {
    await using vendor = await startSoakVendor(turns);
    await using probed = await startProbedController({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted', VITRINE_MAX_DESKTOPS: '3' });
    const { controller, diagnose } = probed;
    const desktops = await Promise.all([1, 2].map(() => controller.post<DesktopView>('/api/desktops', {})));
    const [kept = '', callers = ''] = desktops.map(({ id }) => id);
    const opened = 'setsid xterm -e cat >/dev/null 2>&1 & until xdotool search --class xterm; do sleep 0.1; done';
    await controller.post(`/api/desktops/${kept}/programs`, { argv: ['sh', '-c', opened] });
    const leave = new AbortController();
    const operator = approveAll(controller, leave.signal);
    const samples = [await sample(probed, 0)];
    for (let steps = 0; steps < wantedSteps;) {
      steps += await wave(controller, kept, callers);
      const seen = await sample(probed, steps);
      samples.push(seen);
      if (isFull) console.log(`# ${new Date().toISOString()} ${JSON.stringify(seen)}`);
    }
    console.log(`# soak: ${told(samples)}`);

    const [start, warm, last] = [samples[0], samples[warmUpWaves], samples.at(-1)];
    assert.ok(start !== undefined && warm !== undefined && last !== undefined && samples.length > warmUpWaves + 2, 'too few waves to tell growth');
    const allowedBytes = 2 * mebibyte + (last.steps - warm.steps) * 256;
    assert.ok(last.heldBytes - warm.heldBytes < allowedBytes, `I15: ${last.heldBytes - warm.heldBytes} bytes more are held than after the first waves; 2 MiB and 256 bytes a step are noise`);
    assert.ok(Math.max(...samples.map(({ rssBytes }) => rssBytes)) < 512 * mebibyte, 'I15: RSS');
    assert.ok(worst(samples, 'own', 'p99') < 100, 'I15: loop delay');
    assert.deepEqual([last.containers, last.execs], [warm.containers, warm.execs], 'streams into the containers, and containers');
    await fewProcesses(controller, warm.processes);
    assert.equal(await framesWithoutEvent(controller), 0, 'every picture on disk belongs to an event');
    await waitFor('descriptors and handles are as few as at the beginning, once idle connections are closed', async () => {
      const now = await diagnose();
      return total(now.descriptors) <= total(start.descriptors) && total(now.resources) <= total(start.resources);
    }, 30_000);
    await Promise.all(desktops.map(({ id }) => controller.request('DELETE', `/api/desktops/${id}`)));
    leave.abort();
    assert.equal(await operator, 2 * (samples.length - 1), 'each run of a model asked for one approval');
    assert.equal((await engineHoldings(controller.installId)).containers, 0);
    assert.equal(await controller.kill('SIGTERM'), 0);
    assert.deepEqual(controller.log.filter((line) => line.startsWith('(node:')), [], 'Node warned of nothing');
  });
});

/** Waits until programs that were just ending are gone. Rejects, naming all that are there, when more are left than there were. */
async function fewProcesses(controller: ControllerProcess, most: number): Promise<void> {
  let seen: readonly string[] = [];
  await waitFor('processes in the containers', async () => {
    seen = (await engineHoldings(controller.installId)).processes;
    return seen.length <= most;
  }).catch((cause: unknown) => assert.fail(`more than ${most} processes are left in the containers (${String(cause)}):\n${seen.join('\n')}`));
}

/** How many picture files there are that no event names. */
async function framesWithoutEvent(controller: ControllerProcess): Promise<number> {
  const folder = join(controller.dataFolder, 'frames');
  let strays = 0;
  for (const runId of readdirSync(folder)) {
    const named = new Set((await controller.events(runId)).flatMap(({ fact }) => (fact.type === 'frame.captured' ? [fact.frame.frameId] : [])));
    strays += readdirSync(join(folder, runId)).filter((name) => !named.has(name)).length;
  }
  return strays;
}
