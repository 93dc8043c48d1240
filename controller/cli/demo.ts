import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import OpenAI from 'openai';
import { readConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { createLog } from '../log.ts';
import { startController } from '../main.ts';
import { createClient } from './client.ts';
import type { Client } from './client.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { follow } from './follow.ts';
import { createProgress, plain } from './progress.ts';
import { exitCodeOf } from './run-commands.ts';
import type { Run } from './run-commands.ts';

/**
 * One task from beginning to end, on a controller of its own that leaves nothing behind but the replay:
 * `node controller/cli/demo.ts [task]`. It is asked as any program with an OpenAI client asks, through the gateway;
 * every turn is printed as it happens, the answer is the last line.
 */
const defaultTask = 'Run a Python script that prints \'Hello from computer use\'';

async function demo(task: string, print: (line: string) => void, signal: AbortSignal): Promise<ExitCode> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'vitrine-demo-'));
  try {
    const config = demoConfig(dataFolder);
    const log = createLog(config.logLevel, [config.token, config.openai.apiKey]);
    const controller = await startController(config, log);
    try {
      const client = createClient(controller.url, config.token?.reveal());
      const openai = new OpenAI({ baseURL: `${controller.url}/v1`, apiKey: config.token?.reveal() });
      const { run, answer } = await perform(client, openai, task, print, signal);
      print('');
      print(`Replay: ${await saveReplay(client, run.id)}`);
      if (answer !== null) print(plain(answer, true));
      return signal.aborted ? exitCodes.cancelled : exitCodeOf(run);
    } finally {
      await releaseDesktops(createClient(controller.url, config.token?.reveal()));
      await controller.close('release');
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** The environment's configuration, but with everything that lasts replaced by something of the demo's own. */
function demoConfig(dataFolder: string): Config {
  return readConfig({
    VITRINE_LOG_LEVEL: 'error',
    ...process.env,
    VITRINE_LISTEN: '127.0.0.1:0',
    VITRINE_DATA: dataFolder,
    VITRINE_TOKEN: `vt_${randomBytes(32).toString('base64url')}`,
    VITRINE_TOKEN_FILE: '',
    VITRINE_INSTALL_ID: `demo-${randomBytes(4).toString('hex')}`,
    // Should this process be killed, its desktop ends itself soon after.
    VITRINE_DEAD_MAN_SECONDS: '90',
  });
}

/** The one request: OpenAI's client and shape, with a tool that is Anthropic's. */
async function ask(openai: OpenAI, task: string): Promise<string | null> {
  const request = {
    model: 'gpt-4o',
    tools: [{ type: 'computer_20241022', name: 'computer', display_width_px: 1024, display_height_px: 768 }],
    betas: ['computer-use-2024-10-22'],
    messages: [{ role: 'user', content: task }],
  };
  // The client's types do not know the other vendor's tool; it sends it as it is.
  const completion = await openai.chat.completions.create(request as unknown as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming);
  const message = completion.choices[0]?.message;
  return message?.content ?? message?.refusal ?? null;
}

type Performed = { readonly run: Run; readonly answer: string | null };

/** Asks, and follows the run to its end, or cancels it when told to stop. Rejects when no run came of it. */
async function perform(client: Client, openai: OpenAI, task: string, print: (line: string) => void, signal: AbortSignal): Promise<Performed> {
  const refused = new AbortController();
  const asked = ask(openai, task).then((answer) => ({ answer, reason: null }), (reason: unknown) => {
    if (!(reason instanceof OpenAI.APIError && reason.headers?.has('x-vitrine-run') === true)) refused.abort();
    return { answer: null, reason };
  });
  const runId = await printRun(client, task, print, AbortSignal.any([signal, refused.signal]));
  const deadline = AbortSignal.timeout(60_000);
  if (signal.aborted) print('Stopping …');
  const id = runId ?? (await client.call('GET /api/runs', { query: { limit: '1' } }, deadline)).runs[0]?.id;
  if (id === undefined) throw (await asked).reason;
  if (signal.aborted) await client.call('POST /api/runs/{id}/cancel', { params: { id }, body: { reason: 'interrupted' } }, deadline);
  const run = await client.call('GET /api/runs/{id}', { params: { id }, query: { wait: '30' } }, deadline);
  return { run, answer: (await asked).answer };
}

/** Prints the one run of this controller as it happens; gives its id, if it has begun before the signal aborted. */
async function printRun(client: Client, task: string, print: (line: string) => void, signal: AbortSignal): Promise<string | undefined> {
  const linesOf = createProgress();
  let runId: string | undefined;
  for await (const event of follow(client, {}, signal)) {
    if (runId === undefined) print(`Run ${event.runId}: ${plain(task)}`);
    runId = event.runId;
    for (const line of linesOf(event)) print(line);
    if (event.fact.type === 'run.ended') break;
  }
  return runId;
}

async function saveReplay(client: Client, runId: string): Promise<string> {
  const folder = resolve('.vitrine', 'replays');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${runId}.html`);
  const response = await client.open('GET /api/runs/{id}/replay', { params: { id: runId } }, AbortSignal.timeout(120_000));
  await pipeline(Readable.from(response.body ?? []), createWriteStream(path));
  return path;
}

async function releaseDesktops(client: Client): Promise<void> {
  const deadline = AbortSignal.timeout(30_000);
  const { desktops } = await client.call('GET /api/desktops', {}, deadline);
  for (const { id } of desktops) await client.call('DELETE /api/desktops/{id}', { params: { id } }, deadline).catch(() => undefined); // Gone by itself in between.
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted')));
process.once('SIGTERM', () => stop.abort(new Error('terminated')));

const code = await demo(process.argv.slice(2).join(' ').trim() || defaultTask, (line) => process.stdout.write(`${line}\n`), stop.signal).catch((reason: unknown) => {
  process.stderr.write(`The demo failed: ${reason instanceof Error ? reason.message : String(reason)}\n`);
  return stop.signal.aborted ? exitCodes.cancelled : exitCodes.failed;
});
process.stdout.write('', () => process.exit(code));
