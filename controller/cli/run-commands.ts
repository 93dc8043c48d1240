import type { AnswerOf, CallOf } from '../api/contract.ts';
import { duration } from '../api/plain-words.ts';
import { ApiFailure } from './client.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { follow } from './follow.ts';
import { localFiles, removeUploads, uploadFiles } from './run-files.ts';
import { createProgress, plain } from './progress.ts';
import type { Terminal } from './terminal.ts';

export type Run = AnswerOf<'GET /api/runs/{id}'>;
export type RunRequest = NonNullable<CallOf<'POST /api/runs'>['body']>;

/** Gives a task and follows the run to its end; prints the answer. Ctrl+C cancels the run. */
export async function runTask(terminal: Terminal, request: RunRequest, options: { readonly json: boolean; readonly timeoutMs: number | undefined; readonly files: readonly string[] }): Promise<ExitCode> {
  const { client, note } = terminal;
  const run = await beginRun(terminal, request, options);
  if (!options.json) note(`Run ${run.id} on ${client.url}`);
  return followRun(terminal, run.id, { ...options, cancelOnStop: true });
}

/** Gives a task with files of this machine, named as `localFiles` reads them. */
export async function beginRun({ client, note, signal }: Terminal, request: RunRequest, { files, json }: { readonly files: readonly string[]; readonly json: boolean }): Promise<Run> {
  const sent = await uploadFiles(client, await localFiles(files), json ? () => {} : note, signal);
  try {
    return await client.call('POST /api/runs', { body: { ...request, ...(sent.length === 0 ? {} : { files: sent }) } }, signal);
  } catch (reason) {
    await removeUploads(client, sent);
    throw reason;
  }
}

/** Follows a run to its end and prints its answer, or its events as JSON. */
export async function followRun(terminal: Terminal, runId: string, options: { readonly json: boolean; readonly timeoutMs: number | undefined; readonly cancelOnStop: boolean }): Promise<ExitCode> {
  const { client, print, note, signal } = terminal;
  const timeout = options.timeoutMs === undefined ? [] : [AbortSignal.timeout(options.timeoutMs)];
  const enough = AbortSignal.any([signal, ...timeout]);
  const linesOf = createProgress();
  for await (const event of follow(client, { runId }, enough)) {
    if (options.json) print(JSON.stringify(event));
    else for (const line of linesOf(event)) note(line);
  }
  if (signal.aborted && options.cancelOnStop) return cancelled(terminal, runId);
  const run = await client.call('GET /api/runs/{id}', { params: { id: runId }, query: {} }, AbortSignal.timeout(10_000));
  if (options.json) print(JSON.stringify(run));
  else if (run.answer !== null) print(plain(run.answer, true));
  if (run.endedAt === null && !options.json) note(`Run ${runId} goes on: vitrine watch ${runId}`);
  return exitCodeOf(run);
}

/** Cancels a run that its user interrupted, and waits until it is over. */
async function cancelled({ client, note }: Terminal, runId: string): Promise<ExitCode> {
  note(`Cancelling run ${runId}`);
  const deadline = AbortSignal.timeout(30_000);
  await client.call('POST /api/runs/{id}/cancel', { params: { id: runId }, body: { reason: 'interrupted in the terminal' } }, deadline);
  const run = await client.call('GET /api/runs/{id}', { params: { id: runId }, query: { wait: '25' } }, deadline);
  return exitCodeOf(run);
}

/** What a run's state means as an exit code. */
export function exitCodeOf(run: Pick<Run, 'state'>): ExitCode {
  if (run.state === 'succeeded') return exitCodes.succeeded;
  if (run.state === 'failed') return exitCodes.failed;
  return run.state === 'cancelled' ? exitCodes.cancelled : exitCodes.stillRunning;
}

/** A table of runs, newest first, or one JSON per line. */
export async function listRuns({ client, print, signal }: Terminal, query: NonNullable<CallOf<'GET /api/runs'>['query']>, json: boolean): Promise<ExitCode> {
  const { runs } = await client.call('GET /api/runs', { query }, signal);
  for (const run of runs) {
    const took = run.endedAt === null || run.startedAt === null ? '' : duration(run.endedAt - run.startedAt);
    print(json ? JSON.stringify(run) : [run.id, run.state.padEnd(17), new Date(run.createdAt).toISOString().slice(0, 19), `${run.steps} steps`.padStart(9), took.padStart(12), plain(run.task).slice(0, 70)].join('  '));
  }
  return exitCodes.succeeded;
}

/** Every event of every run, as it happens, until Ctrl+C. */
export async function printEvents({ client, print, signal }: Terminal, after: number, json: boolean): Promise<ExitCode> {
  const progress = new Map<string, ReturnType<typeof createProgress>>();
  for await (const event of follow(client, { after }, signal)) {
    if (json) {
      print(JSON.stringify(event));
      continue;
    }
    const linesOf = progress.get(event.runId) ?? createProgress();
    progress.set(event.runId, linesOf);
    for (const line of linesOf(event)) print(`${event.runId}  ${line}`);
    if (event.fact.type === 'run.ended') progress.delete(event.runId);
  }
  return exitCodes.succeeded;
}

/** Saves a run's replay page. */
export async function saveReplay({ client, note, saveFile, signal }: Terminal, runId: string, path: string): Promise<ExitCode> {
  const response = await client.open('GET /api/runs/{id}/replay', { params: { id: runId } }, signal);
  await saveFile(path, response.body ?? emptyBody(response));
  note(`Replay in ${path}`);
  return exitCodes.succeeded;
}

/** Takes a picture of a desktop. It waits until the screen is quiet. */
export async function saveShot({ client, note, saveFile, signal }: Terminal, desktopId: string, path: string): Promise<ExitCode> {
  const extension = /\.(png|jpe?g|webp)$/i.exec(path)?.[1]?.toLowerCase() ?? 'png';
  const format = extension === 'webp' ? 'webp' : extension === 'png' ? 'png' : 'jpeg';
  const response = await client.open('GET /api/desktops/{id}/frame', { params: { id: desktopId }, query: { format, settle: 'true' } }, signal);
  await saveFile(path, response.body ?? emptyBody(response));
  note(`Picture in ${path}`);
  return exitCodes.succeeded;
}

function emptyBody(response: Response): never {
  throw new ApiFailure(response.status, 'unknown', 'the answer has no content');
}

