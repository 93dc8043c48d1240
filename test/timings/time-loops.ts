import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { ComputerToolset } from 'openai/helpers/computer';
import type { ComputerDriver } from 'openai/helpers/computer';
import type { Run } from '../../controller/runs/run.ts';
import { suppliedDesktop } from '../../examples/supplied-desktop.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, startScriptedVendor } from '../support/scripted-vendor.ts';

/*
 * How long a step takes, for somebody with OpenAI's client: one task through the gateway; the client's own loop of clicks on
 * a desktop of Vitrine's; and the same loop in the manner of the vendors' quick starts, with xdotool, a fixed wait and scrot
 * on an X server without a desktop. Wants Docker with the desktop's image, and xdotool, Xvfb and scrot on this machine.
 */

const clicks = 10;
/** As long as Anthropic's reference loop waits before each screenshot. */
const quickStartMs = 2000;
const run = promisify(execFile);
const png = (bytes: Buffer) => ({ type: 'computer_screenshot' as const, image_url: `data:image/png;base64,${bytes.toString('base64')}` });

/** Milliseconds from one question to the model to the next, over a loop of clicks; the first includes a launch and is left out. */
async function timeLoop(baseURL: string, apiKey: string, driver: Pick<ComputerDriver, 'click' | 'screenshot'>, send: typeof fetch = fetch): Promise<number[]> {
  const askedAt: number[] = [];
  const client = new OpenAI({ baseURL, apiKey, fetch: async (...request) => {
    const response = await send(...request);
    askedAt.push(performance.now());
    return response;
  } });
  const unused = () => Promise.reject(new Error('the script only clicks'));
  const whole: ComputerDriver = { double_click: unused, drag: unused, keypress: unused, move: unused, scroll: unused, type: unused, wait: unused, ...driver };
  const { output_text: answer } = await new ComputerToolset(whole).run(client, { model: 'scripted', tools: [{ type: 'computer' }], input: 'Click', store: false }, { maxSteps: clicks + 1 });
  if (answer !== 'done' || askedAt.length !== clicks + 1) throw new Error(`the loop ended with '${answer}' after ${askedAt.length} questions`);
  return askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? at));
}

const script = () => [...Array.from({ length: clicks }, (_, index) => [computerCall(`call_${index}`, [{ type: 'click', button: 'left', x: 900 + (index % 5) * 20, y: 400 }]) as Record<string, unknown>].map(withoutChecks)), [message('done')]];

/** The vendor sends no empty list. */
function withoutChecks({ pending_safety_checks: _none, ...call }: Record<string, unknown>): unknown {
  return call;
}

async function onVitrine(folder: string): Promise<number[]> {
  await using vendor = await startScriptedVendor(script());
  const file = join(folder, 'models.json');
  await writeFile(file, JSON.stringify({ models: [{ name: 'scripted', provider: 'compatible', dialect: 'openai-responses', model: 'scripted', baseUrl: vendor.url, maxRetries: 0 }] }));
  await using controller = await ControllerProcess.start({ VITRINE_MODELS_FILE: file });
  const token = controller.headers['authorization']?.slice('Bearer '.length) ?? '';
  const desktop = suppliedDesktop(controller.url, token);
  try {
    let shown = '';
    return await timeLoop(`${controller.url}/v1`, token, {
      click: async ({ x, y }) => {
        shown = await desktop.act({ type: 'click', x, y });
      },
      /* The click was answered with the settled screen. */
      screenshot: () => Promise.resolve(png(Buffer.from(shown, 'base64'))),
    }, desktop.fetch);
  } finally {
    await desktop.release();
  }
}

async function inTheUsualWay(folder: string, waitMs: number): Promise<number[]> {
  await using vendor = await startScriptedVendor(script());
  const server = spawn('Xvfb', ['-displayfd', '1', '-noreset', '-nolisten', 'tcp', '-screen', '0', '1280x800x24'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [display] = (await once(createInterface({ input: server.stdout }), 'line', { signal: AbortSignal.timeout(20_000) })) as [string];
    const env = { ...process.env, DISPLAY: `:${display}` };
    const file = join(folder, 'screen.png');
    return await timeLoop(vendor.url, 'none', {
      click: async ({ x, y }) => void (await run('xdotool', ['mousemove', String(x), String(y), 'click', '1'], { env })),
      screenshot: async () => {
        await sleep(waitMs);
        await run('scrot', ['-o', '-p', file], { env });
        return png(await readFile(file));
      },
    });
  } finally {
    server.kill();
  }
}

async function oneTask(): Promise<string> {
  await using controller = await ControllerProcess.start();
  const client = new OpenAI({ baseURL: `${controller.url}/v1`, apiKey: controller.headers['authorization']?.slice('Bearer '.length) ?? '' });
  const begun = performance.now();
  const answer = await client.responses.create({ model: 'rehearsal', tools: [{ type: 'computer' }], input: 'Run a Python script that prints a random number' });
  const ms = performance.now() - begun;
  const { turns, steps } = await controller.get<Run>(`/api/runs/${answer.metadata?.['vitrine_run'] ?? ''}`);
  return `${(ms / 1000).toFixed(1)} s: a fresh desktop, ${turns} turns, ${steps} steps, the reading of the screen by the rehearsal included (answer ${answer.output_text})`;
}

function print(name: string, values: readonly number[]): void {
  const sorted = values.toSorted((one, other) => one - other);
  console.log(`${name}: median ${Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN)} ms a step (${Math.round(sorted[0] ?? Number.NaN)} to ${Math.round(sorted.at(-1) ?? Number.NaN)}), ${values.length} steps in ${(values.reduce((sum, ms) => sum + ms, 0) / 1000).toFixed(1)} s`);
}

const folder = await mkdtemp(join(tmpdir(), 'vitrine-loops-'));
try {
  console.log(`one request through the gateway: ${await oneTask()}`);
  print('a loop of clicks on a desktop of Vitrine, each step with its settled screen', await onVitrine(folder));
  print(`the same with xdotool, ${quickStartMs} ms of sleep and scrot`, await inTheUsualWay(folder, quickStartMs));
  print('the same with xdotool and scrot at once, whether the screen has changed or not', await inTheUsualWay(folder, 0));
} finally {
  await rm(folder, { recursive: true, force: true });
}
