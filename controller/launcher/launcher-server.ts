import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { chmod, lstat, rm } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { VitrineError } from '../errors.ts';
import type { RawLauncher } from './launcher.ts';
import { maxRequestBytes, openStream, verbs } from './launcher-verbs.ts';
import { readJson } from './read-json.ts';
import type { Refusals } from './read-json.ts';
import type { Verb, VerbParams, VerbResult } from './launcher-verbs.ts';

/** Told of what went wrong inside, for the log. */
export type OnFailure = (verb: string, error: VitrineError) => void;

type Handlers = { readonly [Name in Verb]: (params: VerbParams<Name>, signal: AbortSignal) => Promise<VerbResult<Name>> };

const maxConnections = 1024;
const requestMs = 10_000;
const removeMs = 30_000;
const refusals: Refusals = {
  maxBytes: maxRequestBytes,
  tooLong: ['payload_too_large', `a request to the launcher exceeds ${maxRequestBytes} bytes`],
  noJson: ['invalid_request', 'a request to the launcher is no JSON'],
};

/**
 * A launcher's verbs for whoever can open a unix socket, which is made with `mode`; a socket that an earlier life left
 * there is replaced. Each request is bounded and parsed strictly. Rejects when the socket cannot be made.
 */
export async function serveLauncher(launcher: RawLauncher, socketPath: string, mode: 0o600 | 0o660, onFailure: OnFailure = () => {}): Promise<AsyncDisposable> {
  const handlers = handlersOf(launcher);
  const streams = new Set<Duplex>();
  const server = createServer({ maxHeaderSize: 8192, requestTimeout: requestMs, headersTimeout: requestMs }, (request, response) => {
    void answer(handlers, request, response, onFailure);
  });
  server.maxConnections = maxConnections;
  server.on('upgrade', (request, socket, head) => {
    streams.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => streams.delete(socket));
    void upgrade(launcher, request, socket, head, onFailure);
  });
  await removeStale(socketPath);
  await listening(server, socketPath);
  await chmod(socketPath, mode);
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const stream of streams) stream.destroy();
      await closed;
    },
  };
}

async function removeStale(socketPath: string): Promise<void> {
  const there = await lstat(socketPath).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isSocket()) throw new VitrineError('invalid_request', `${socketPath} exists and is no socket: give the launcher another path`);
  await rm(socketPath, { force: true });
}

async function listening(server: Server, socketPath: string): Promise<void> {
  server.listen(socketPath);
  await once(server, 'listening');
}

function handlersOf(launcher: RawLauncher): Handlers {
  return {
    version: async (_, signal) => {
      const version = await launcher.version(signal);
      return { ...version, runtimes: [...version.runtimes] };
    },
    image: async ({ name }, signal) => ({ id: await launcher.image(name, signal) }),
    'desktop-image': async (_, signal) => {
      const { build, ...found } = await launcher.desktopImage(signal);
      return { ...found, build: build && { ...build, lines: [...build.lines] } };
    },
    'build-image': async (_, signal) => done(launcher.buildImage(signal)),
    'cancel-build': async (_, signal) => done(launcher.cancelBuild(signal)),
    create: async ({ spec }, signal) => {
      const made = await launcher.create({ ...spec, runId: spec.runId }, signal);
      // Whoever asked is gone and will never name this container.
      if (signal.aborted) void launcher.remove(made.containerId, AbortSignal.timeout(removeMs)).catch(() => {});
      return made;
    },
    start: async ({ containerId }, signal) => done(launcher.start(containerId, signal)),
    'start-part': async ({ containerId, part }, signal) => done(launcher.startPart(containerId, part, signal)),
    'log-tail': async ({ containerId, maxBytes }, signal) => ({ text: await launcher.logTail(containerId, maxBytes, signal) }),
    inspect: (target, signal) => launcher.inspect(target.containerId, signal),
    list: async ({ installId }, signal) => ({ containers: await launcher.list(installId, signal) }),
    remove: async ({ containerId }, signal) => done(launcher.remove(containerId, signal)),
  };
}

async function done(work: Promise<void>): Promise<Record<string, never>> {
  await work;
  return {};
}

async function answer(handlers: Handlers, request: IncomingMessage, response: ServerResponse, onFailure: OnFailure): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort(new VitrineError('unavailable', 'whoever asked has gone')));
  const name = request.url?.slice(1) ?? '';
  try {
    if (!isVerb(name)) throw new VitrineError('not_found', `the launcher has no verb ${JSON.stringify(name.slice(0, 40))}`);
    if (request.method !== 'POST') throw new VitrineError('method_not_allowed', `the launcher takes ${name} by POST`);
    const result = await perform(handlers, name, await readJson(request, refusals), left.signal);
    send(response, 200, { result });
  } catch (reason) {
    const error = VitrineError.from(reason);
    if (error.code === 'internal') onFailure(name, error);
    send(response, error.status, failureAnswer(error));
  }
}

function perform<Name extends Verb>(handlers: Handlers, name: Name, body: unknown, signal: AbortSignal): Promise<VerbResult<Name>> {
  return handlers[name](parsed(name, verbs[name].params.safeParse(body)) as VerbParams<Name>, signal);
}

function isVerb(name: string): name is Verb {
  return Object.hasOwn(verbs, name);
}

type Parsed = { readonly success: true; readonly data: unknown } | { readonly success: false; readonly error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } };

function parsed(name: string, given: Parsed): unknown {
  if (given.success) return given.data;
  const issue = given.error.issues[0];
  throw new VitrineError('invalid_request', `the launcher refuses ${name}: ${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? 'not understood'}`);
}

function failureAnswer(error: VitrineError) {
  return { error: { code: error.code, message: error.message.slice(0, 4000) } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
}

/** Answers with 101 and joins the connection with the engine's stream; neither side is parsed here. */
async function upgrade(launcher: RawLauncher, request: IncomingMessage, socket: Duplex, head: Buffer, onFailure: OnFailure): Promise<void> {
  const left = new AbortController();
  const leave = () => left.abort(new VitrineError('unavailable', 'whoever asked has gone'));
  socket.once('close', leave);
  try {
    const url = new URL(request.url ?? '', 'http://launcher');
    if (url.pathname !== openStream.path || request.method !== 'GET' || request.headers.upgrade !== openStream.protocol) throw new VitrineError('not_found', 'the launcher upgrades no such request');
    const params = parsed('open-stream', openStream.params.safeParse(Object.fromEntries(url.searchParams)));
    const { containerId, endpoint } = openStream.params.parse(params);
    const stream = await launcher.openRawStream(containerId, endpoint, left.signal);
    if (socket.destroyed) return void stream.on('error', () => {}).destroy();
    socket.off('close', leave);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${openStream.protocol}\r\n\r\n`);
    if (head.length > 0) stream.write(head);
    join(socket, stream);
  } catch (reason) {
    const error = VitrineError.from(reason);
    if (error.code === 'internal') onFailure('open-stream', error);
    const body = JSON.stringify(failureAnswer(error));
    if (!socket.destroyed) socket.end(`HTTP/1.1 ${error.status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
  }
}

/** Each side's end ends the other; a side that is lost takes the other with it. */
function join(socket: Duplex, stream: Duplex): void {
  socket.pipe(stream);
  stream.pipe(socket);
  stream.on('error', () => socket.destroy());
  stream.once('close', () => socket.end());
  socket.once('close', () => stream.destroy());
}
