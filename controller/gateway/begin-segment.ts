import { Display } from '../../sandbox-image/wire/index.ts';
import type { ReceivedTask } from '../dialects/received-task.ts';
import { VitrineError } from '../errors.ts';
import type { Models } from '../models/model.ts';
import type { Run } from '../runs/run.ts';
import type { CallerAnswer, Principal, Runs } from '../runs/runs.ts';
import { isDeleted } from './deletion-mark.ts';
import { final, missingComputer, refusal } from './failures.ts';
import { digestOf, labelsOf } from './labels.ts';
import type { Labels } from './labels.ts';
import { hasBegun } from './run-clients.ts';
import { continuedFrom, continuedOn, modelFor, runRequestOf } from './run-request.ts';
import type { GatewayLimits } from './run-request.ts';
import type { RunDirections } from './run-directions.ts';
import { callerCallOf } from './segment.ts';
import type { Segment } from './segment.ts';

/** A request with what its headers say. */
export type Ask = {
  readonly task: ReceivedTask;
  /** What its headers say about the run. They count when a run begins, not for one that goes on. */
  readonly directions: RunDirections;
  readonly endpoint: Labels['endpoint'];
  readonly by: Principal;
  /** The body's text. */
  readonly content: string;
  readonly idempotencyKey: string | undefined;
  /** Whether the client says that it sends the request again. */
  readonly isRetry: boolean;
  /** The desktop that a header names. */
  readonly desktopId: string | undefined;
};

export type BeginOptions = { readonly runs: Runs; readonly models: Models; readonly limits: GatewayLimits };

/** How long after a run's end a request sent again still gets its answer. */
const attachForMs = 600_000;
const maxSearched = 200;

/**
 * The part of a run that answers a request: that of an equal request which is sent again, the rest of a run whose
 * functions' calls it answers, or a new run. Throws `invalid_request` for what cannot be served.
 */
export function beginSegment(ask: Ask, options: BeginOptions): Segment {
  const { task } = ask;
  refuseUnsupported(ask);
  if (task.answers.length > 0) return resumed(ask, options);
  if (task.computer === null) throw missingComputer();
  if (task.task.trim() === '' && task.pictures.length === 0) throw refusal('There is no task: the last message must be the user\'s, with text or a picture.', ask.endpoint === 'openai-responses' ? 'input' : 'messages', 'missing_required_parameter');
  const digest = digestOf(ask.by, ask.endpoint, ask.content);
  const key = ask.idempotencyKey === undefined ? null : digestOf(ask.by, ask.endpoint, `key ${ask.idempotencyKey}`);
  const first = firstOf(ask, digest, key, options.runs);
  if (first !== undefined) return { runId: first.id, index: 0 };
  const desktopId = ask.desktopId ?? task.metadata['vitrine_desktop'];
  const continued = task.previousResponseId !== null ? continuedFrom(options.runs, task.previousResponseId, ask.by) : desktopId === undefined ? undefined : continuedOn(options.runs, desktopId, ask.by);
  const labels: Labels = { endpoint: ask.endpoint, model: task.model, digest, key, previous: task.previousResponseId, background: task.background };
  const request = runRequestOf(task, modelFor(options.models, task.model), continued, labels, options.limits, ask.directions);
  try {
    return { runId: options.runs.create(request, ask.by).id, index: 0 };
  } catch (reason) {
    const failure = VitrineError.from(reason);
    const size = Display.safeParse(failure.details?.['display']).data;
    if (size !== undefined) throw refusal(`The desktop ${continued?.desktopId ?? ''} is ${size.width}x${size.height}, and a desktop keeps its size: name that one in the computer tool, or send the task as a new one.`, 'tools');
    if (failure.code === 'not_found' && task.previousResponseId !== null) {
      throw new VitrineError('invalid_request', `The desktop of response '${task.previousResponseId}' is gone: it is kept for ${Math.round(options.limits.keepForMs / 1000)} s after an answer, unless its place is needed sooner. Send the task without previous_response_id.`, { details: { param: 'previous_response_id', vendorCode: 'previous_response_not_found' } });
    }
    throw failure.code === 'conflict' || failure.code === 'not_found' ? final(failure) : failure;
  }
}

function refuseUnsupported({ task }: Ask): void {
  const [first] = task.unsupported;
  if (first !== undefined) throw refusal(first.message, first.param, 'unsupported_parameter');
}

/** The run of an equal request that this one repeats; undefined if this one is meant for itself. */
function firstOf(ask: Ask, digest: string, key: string | null, runs: Runs): Run | undefined {
  if (key === null && !ask.isRetry) return undefined;
  for (const run of runs.list({ driver: 'model', limit: maxSearched }, ask.by).items) {
    const labels = labelsOf(run.metadata);
    if (labels === undefined || (run.endedAt !== null && run.endedAt < Date.now() - attachForMs)) continue;
    if (key === null ? labels.digest !== digest : labels.key !== key) continue;
    if (key !== null && labels.digest !== digest) throw final(new VitrineError('conflict', 'This Idempotency-Key was sent before with another body: a key stands for one request.', { details: { vendorCode: 'idempotency_error' } }));
    if (isDeleted(runs, { runId: run.id, index: 0 }, ask.by)) continue;
    /* Cancelled because its client had gone, before anything was done: it is done now. */
    if (run.state === 'cancelled' && !hasBegun(run)) continue;
    return run;
  }
  return undefined;
}

/** Answers the calls that a run waits for, and goes on with it. */
function resumed({ task, by, isRetry, idempotencyKey }: Ask, { runs }: BeginOptions): Segment {
  const answers = task.answers.map((answer) => ({ ...answer, call: callerCallOf(answer.callId) }));
  const [first] = answers;
  const call = first?.call;
  const param = 'call_id';
  if (first === undefined || call === undefined) throw refusal(`No tool call found for the output with call id '${first?.callId.slice(0, 100) ?? ''}'.`, param, null);
  const segment: Segment = { runId: call.runId, index: call.index };
  const found = callsIn(runs, segment, by);
  if (found === undefined) throw refusal(`No tool call found for the output with call id '${first.callId}'.`, param, null);
  const given = answers.map((answer): CallerAnswer => {
    const asked = answer.call?.runId === segment.runId && answer.call.index === segment.index ? found.callIds[answer.call.position] : undefined;
    if (asked === undefined) throw refusal(`No tool call found for the output with call id '${answer.callId.slice(0, 100)}'.`, param, null);
    return { callId: asked, output: answer.output, isError: answer.isError };
  });
  if (found.answers !== undefined) {
    if ((isRetry || idempotencyKey !== undefined) && areEqual(given, found.answers)) return { ...segment, index: segment.index + 1 };
    throw final(refusal(`The call '${first.callId}' was answered already.`, param, null));
  }
  if (new Set(given.map(({ callId }) => callId)).size < found.callIds.length) throw refusal('Every call of the last turn needs its output, all in one request.', param, null);
  if (task.task.trim() !== '') runs.message(segment.runId, task.task, by);
  runs.answerCaller(segment.runId, given, by, task.answerRules, Object.keys(task.echoAnew).length === 0 ? undefined : task.echoAnew);
  return { ...segment, index: segment.index + 1 };
}

/** Whether an answer that was sent again says what it said the first time. */
function areEqual(given: readonly CallerAnswer[], known: readonly CallerAnswer[]): boolean {
  return given.length === known.length && given.every((answer) => known.some(({ callId, output, isError }) => callId === answer.callId && output === answer.output && isError === answer.isError));
}

/** What the caller was asked, and what it answered, once it did. */
type CallerCalls = { readonly callIds: readonly string[]; readonly answers: readonly CallerAnswer[] | undefined };

function callsIn(runs: Runs, { runId, index }: Segment, by: Principal): CallerCalls | undefined {
  let answered = 0;
  let callIds: readonly string[] | undefined;
  let answers: readonly CallerAnswer[] | undefined;
  for (let after = 0; ;) {
    const page = runsEvents(runs, runId, after, by);
    for (const { sequence, fact } of page) {
      after = sequence;
      if (fact.type === 'caller.asked' && answered === index) callIds = fact.asked.map(({ callId }) => callId);
      if (fact.type !== 'caller.answered') continue;
      if (answered === index) ({ answers } = fact);
      answered += 1;
    }
    if (page.length === 0) return callIds === undefined ? undefined : { callIds, answers };
  }
}

function runsEvents(runs: Runs, runId: string, after: number, by: Principal) {
  try {
    return runs.events({ runId, after, limit: 500 }, by);
  } catch (reason) {
    if (VitrineError.from(reason).code === 'not_found') return [];
    throw reason;
  }
}
