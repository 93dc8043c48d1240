import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
 * `node controller/cli/demo.ts [task]`. Every turn is printed as it happens, the answer is the last line.
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
      const run = await perform(client, task, print, signal);
      print('');
      print(`Replay: ${await saveReplay(client, run.id)}`);
      if (run.answer !== null) print(plain(run.answer, true));
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

/** Runs the task to its end, or cancels it when told to stop. */
async function perform(client: Client, task: string, print: (line: string) => void, signal: AbortSignal): Promise<Run> {
  const run = await client.call('POST /api/runs', { body: { task } }, signal);
  print(`Run ${run.id}: ${plain(task)}`);
  const linesOf = createProgress();
  for await (const event of follow(client, { runId: run.id }, signal)) for (const line of linesOf(event)) print(line);
  const deadline = AbortSignal.timeout(60_000);
  if (signal.aborted) {
    print('Stopping …');
    await client.call('POST /api/runs/{id}/cancel', { params: { id: run.id }, body: { reason: 'interrupted' } }, deadline);
  }
  return client.call('GET /api/runs/{id}', { params: { id: run.id }, query: { wait: '30' } }, deadline);
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
