import type { ReceivedTask } from '../dialects/received-task.ts';
import type { EarlierMessage } from '../dialects/transcript.ts';
import type { Models } from '../models/model.ts';
import type { Run } from '../runs/run.ts';
import { RunRequest } from '../runs/run.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import { VitrineError } from '../errors.ts';
import { isDeleted } from './deletion-mark.ts';
import { refusal } from './failures.ts';
import { asMetadata, labelsOf, ownMetadata } from './labels.ts';
import type { Labels } from './labels.ts';
import type { RunDirections } from './run-directions.ts';
import { segmentOfResponse } from './segment.ts';

/** Bounds of the gateway's runs that requests do not name. */
export type GatewayLimits = {
  /** How long a desktop is kept for a follow-up. */
  readonly keepForMs: number;
  /** How long a person has to decide, inside the clients' own ten minutes. */
  readonly approvalTimeoutMs: number;
};

const maxEarlier = 200;

/** The desktop that a follow-up goes on with, and what was said there. */
export type Continued = { readonly desktopId: string; readonly isOurs: boolean; readonly earlier: readonly EarlierMessage[] };

/** The run that a previous response names. Throws `invalid_request` for one that is not known, or not over. */
export function continuedFrom(runs: Runs, responseId: string, by: Principal): Continued {
  const run = previousRun(runs, responseId, by);
  if (run.state === 'awaitingCaller') throw refusal(`No tool output found for function call of response '${responseId}': answer its calls first.`, 'input', null);
  if (run.endedAt === null) throw refusal(`Response '${responseId}' is still in progress: wait for it, or cancel it.`, 'previous_response_id', null);
  if (run.desktopId === null) throw refusal(`Response '${responseId}' had no desktop to go on with: send the task without previous_response_id.`, 'previous_response_id', 'previous_response_not_found');
  const request = requestOf(runs, run.id, by);
  const earlier: EarlierMessage[] = [
    ...(request?.earlier ?? []),
    { role: 'user', text: run.task, pictures: request?.pictures ?? [] },
    ...(run.answer === null || run.answer === '' ? [] : [{ role: 'assistant' as const, text: run.answer, pictures: [] }]),
  ];
  return { desktopId: run.desktopId, isOurs: true, earlier };
}

function previousRun(runs: Runs, responseId: string, by: Principal): Run {
  const run = found(() => {
    const segment = segmentOfResponse(responseId);
    return isDeleted(runs, segment, by) ? undefined : runs.get(segment.runId, by);
  });
  if (run === undefined) throw refusal(`Previous response with id '${responseId}' not found.`, 'previous_response_id', 'previous_response_not_found');
  return run;
}

/** The desktop that a header names; whether it was made for a run of the gateway, and is kept and let go as such. */
export function continuedOn(runs: Runs, desktopId: string, by: Principal): Continued {
  const maker = found(() => runs.get(desktopId.replace(/^desktop-/, 'run-'), by));
  return { desktopId, isOurs: maker !== undefined && maker.desktopId === desktopId && labelsOf(maker.metadata) !== undefined, earlier: [] };
}

/** What `look` gives; undefined if there is no such thing. */
function found<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch (reason) {
    if (VitrineError.from(reason).code === 'not_found') return undefined;
    throw reason;
  }
}

function requestOf(runs: Runs, runId: string, by: Principal): RunRequest | undefined {
  const [first] = runs.events({ runId, after: 0, limit: 1 }, by);
  return first?.fact.type === 'run.created' ? first.fact.request : undefined;
}

/** A received task as a run. Throws `invalid_request` naming the field that is out of bounds. */
export function runRequestOf(task: ReceivedTask, model: string | undefined, continued: Continued | undefined, labels: Labels, limits: GatewayLimits, directions: RunDirections = {}): RunRequest {
  const read = RunRequest.safeParse({
    ...directions,
    task: task.task.trim() === '' ? 'Do what the picture shows.' : task.task,
    model,
    desktopId: continued?.desktopId,
    display: task.computer?.display ?? undefined,
    keepForMs: task.store && (continued?.isOurs ?? true) ? limits.keepForMs : 0,
    approvalTimeoutMs: limits.approvalTimeoutMs,
    tools: [...new Set([...(task.wantsShell ? ['shell' as const] : []), ...(task.wantsFiles ? ['files' as const] : []), ...(directions.tools ?? [])])],
    callerTools: [...task.callerTools],
    answerFormat: task.answerFormat ?? undefined,
    answerRules: Object.keys(task.answerRules).length === 0 ? undefined : task.answerRules,
    earlier: [...(continued?.earlier ?? []), ...task.earlier].slice(-maxEarlier),
    pictures: [...task.pictures],
    instructions: task.instructions ?? undefined,
    echo: Object.keys(task.echo).length === 0 ? undefined : task.echo,
    metadata: { ...ownMetadata(task.metadata), ...asMetadata(labels) },
  });
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const field = String(issue?.path[0] ?? '');
  const param = { display: 'tools', callerTools: 'tools', task: 'input', earlier: 'input', pictures: 'input' }[field] ?? field;
  throw refusal(`Invalid '${param}': ${issue?.path.slice(1).map(String).join('.') ?? ''}${(issue?.path.length ?? 0) > 1 ? ': ' : ''}${issue?.message ?? 'not valid'}.`, param === '' ? null : param);
}

/** Whether a registry of models knows nothing under a name; it names then what there is. */
export function isUnknown(reason: unknown): boolean {
  return VitrineError.from(reason).details?.['models'] !== undefined;
}

/**
 * The configured model for a requested name: itself or what has it as an alias, else undefined for the default one.
 * Throws `invalid_request` for a model that is configured and cannot be used.
 */
export function modelFor(models: Models, requested: string): string | undefined {
  try {
    return models.get(requested).name;
  } catch (reason) {
    if (isUnknown(reason)) return undefined;
    const { message } = VitrineError.from(reason);
    throw refusal(message.startsWith(`model ${requested} `) ? message : `'${requested}' is an alias, and ${message}`, 'model', 'model_not_usable');
  }
}
