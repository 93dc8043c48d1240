import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { VitrineError } from '../errors.ts';
import { ExecStream } from './exec-stream.ts';
import type { Launcher } from './launcher.ts';
import { FailureAnswer, maxAnswerBytes, openStream, verbs } from './launcher-verbs.ts';
import { readJson } from './read-json.ts';
import type { Refusals } from './read-json.ts';
import type { Verb, VerbParams, VerbResult } from './launcher-verbs.ts';

export type RemoteLauncherOptions = {
  /** Longest time of one call: longer than the launcher's own, so that its reason arrives. */
  readonly callTimeoutMs?: number;
  /** How long to try to connect: a launcher that has ended may be starting again. */
  readonly connectWithinMs?: number;
};

const tryEveryMs = 50;
const refusals: Refusals = {
  maxBytes: maxAnswerBytes,
  tooLong: ['engine_unavailable', `an answer of the launcher exceeds ${maxAnswerBytes} bytes`],
  noJson: ['engine_unavailable', 'what answers at the launcher\'s socket is no launcher'],
};
/** The launcher is not there; nothing was sent. */
const absent = ['ENOENT', 'ECONNREFUSED'];

/** The Launcher of another process, behind its unix socket. It connects with every call; while nobody listens there, calls fail with `engine_unavailable`. */
export function remoteLauncher(socketPath: string, { callTimeoutMs = 90_000, connectWithinMs = 3000 }: RemoteLauncherOptions = {}): Launcher {
  const settle = <Result>(what: string, perform: (signal: AbortSignal) => Promise<Result>, signal: AbortSignal) =>
    settleWithin({ what, socketPath, callTimeoutMs, connectWithinMs }, perform, signal);
  const call = <Name extends Verb>(name: Name, params: VerbParams<Name>, signal: AbortSignal) =>
    settle(name, (connection) => ask(socketPath, name, params, connection), signal);
  return {
    version: async (signal) => {
      const version = await call('version', {}, signal);
      return { ...version, runc: version.runc };
    },
    image: async (name, signal) => (await call('image', { name }, signal)).id,
    desktopImage: async (signal) => {
      const { name, image, cannotBuild, build } = await call('desktop-image', {}, signal);
      return { name, cannotBuild, image: image && { ...image, isCurrent: image.isCurrent }, build: build && { ...build, endedAt: build.endedAt, failure: build.failure } };
    },
    buildImage: async (signal) => void await call('build-image', {}, signal),
    cancelBuild: async (signal) => void await call('cancel-build', {}, signal),
    create: (spec, signal) => call('create', { spec }, signal),
    start: async (containerId, signal) => void await call('start', { containerId }, signal),
    startPart: async (containerId, part, signal) => void await call('start-part', { containerId, part }, signal),
    openStream: (containerId, endpoint, signal) => settle(`open a stream to ${endpoint}`, async (connection) => {
      const query = new URLSearchParams({ containerId, endpoint });
      return new ExecStream(await upgraded(socketPath, `${openStream.path}?${query.toString()}`, connection));
    }, signal),
    logTail: async (containerId, maxBytes, signal) => (await call('log-tail', { containerId, maxBytes: Math.trunc(maxBytes) }, signal).catch(() => ({ text: '' }))).text,
    inspect: async (containerId, signal) => {
      const { state, exitCode } = await call('inspect', { containerId }, signal);
      return { state, exitCode };
    },
    list: async (installId, signal) => (await call('list', { installId }, signal)).containers.map((each) => ({ ...each, runId: each.runId })),
    remove: async (containerId, signal) => void await call('remove', { containerId }, signal),
  };
}

type Call = { readonly what: string; readonly socketPath: string; readonly callTimeoutMs: number; readonly connectWithinMs: number };

/** Performs a call, again while nobody listens; settles within its deadline, with a VitrineError or the signal's reason. */
async function settleWithin<Result>(call: Call, perform: (signal: AbortSignal) => Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const deadline = AbortSignal.timeout(call.callTimeoutMs);
  const connection = AbortSignal.any([signal, deadline]);
  const until = performance.now() + call.connectWithinMs;
  for (;;) {
    try {
      return await perform(connection);
    } catch (reason) {
      if (signal.aborted) throw signal.reason;
      if (deadline.aborted) throw new VitrineError('deadline_exceeded', `the launcher at ${call.socketPath} did not answer ${call.what} within ${call.callTimeoutMs} ms`, { cause: reason });
      if (reason instanceof VitrineError) throw reason;
      const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'no reply';
      if (!absent.includes(code) || performance.now() > until) throw unreachable(call, code, reason);
      await delay(tryEveryMs, undefined, { signal: connection }).catch(() => {}); // Aborted: the next try says so.
    }
  }
}

function unreachable({ socketPath }: Call, code: string, cause: unknown): VitrineError {
  const what = code === 'EACCES' || code === 'EPERM' ? 'this user may not open its socket' : 'it is not running, or has ended; its log says why';
  return new VitrineError('engine_unavailable', `cannot reach the launcher at ${socketPath} (${code}): ${what}`, { cause });
}

async function ask<Name extends Verb>(socketPath: string, name: Name, params: VerbParams<Name>, signal: AbortSignal): Promise<VerbResult<Name>> {
  const body = JSON.stringify(params);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = http.request({ socketPath, path: `/${name}`, method: 'POST', agent: false, signal, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, resolve);
  request.on('error', reject).end(body);
  const response = await promise;
  const answer = await readJson(response, refusals);
  if (response.statusCode !== 200) throw failureOf(answer);
  const parsed = verbs[name].result.safeParse(answer instanceof Object && 'result' in answer ? answer.result : undefined);
  if (!parsed.success) throw new VitrineError('engine_unavailable', `what answers at ${socketPath} is no launcher of this version`, { cause: parsed.error });
  return parsed.data as VerbResult<Name>;
}

async function upgraded(socketPath: string, path: string, signal: AbortSignal): Promise<Duplex> {
  type Answer = { readonly stream: Duplex } | { readonly response: IncomingMessage };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const given = new AbortController();
  const request = http.request({ socketPath, path, agent: false, signal: given.signal, headers: { connection: 'Upgrade', upgrade: openStream.protocol } });
  request.on('error', reject).on('response', (response) => resolve({ response })).on('upgrade', (_response, stream, head) => {
    if (head.length > 0) stream.unshift(head);
    resolve({ stream });
  });
  const stop = () => given.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  request.end();
  // The signal is for opening: what is open lives on after it.
  const answer = await promise.finally(() => signal.removeEventListener('abort', stop));
  if ('stream' in answer) return answer.stream;
  throw failureOf(await readJson(answer.response, refusals));
}

function failureOf(answer: unknown): VitrineError {
  const failure = FailureAnswer.safeParse(answer);
  if (failure.success) return new VitrineError(failure.data.error.code, failure.data.error.message);
  return new VitrineError('engine_unavailable', 'the launcher failed without saying why', { cause: failure.error });
}
