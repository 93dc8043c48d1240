import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { startGateway, says, clicks, token } from '../../gateway/gateway-world.ts';
import { click, turnWith } from '../../runs/random-commands.ts';
import { asDesktop, MemoryDesktop, tinyPng } from '../../support/memory-desktops.ts';
import { fakeDesktops } from '../../support/fake-desktops.ts';
import type { FakeDesktop } from '../../support/fake-desktops.ts';
import type { Desktop } from '../../../controller/desktops/desktop.ts';
import type { Model, Models } from '../../../controller/models/model.ts';
import { RunRequest } from '../../../controller/runs/run.ts';
import type { Run } from '../../../controller/runs/run.ts';
import type { GeneratedRequest } from './generated-request.ts';

/** What came back; `left`: nothing did in the time that whoever asked gave it. */
export type Answer = { readonly status: number; readonly type: string; readonly text: string } | { readonly left: true };

const bystander = { name: 'bystander', project: 'elsewhere' };
/** Must stand in no answer: it is another project's. */
export const foreignCanary = 'canary-of-another-project';
/** A task of which the model's click wants a person's confirmation. */
const checkedTask = 'restock with a check';
const leaveMs = 250;
const answerMs = 20_000;
const maxAnswerBytes = 64 * 2 ** 20;

/**
 * The real API over real runs and a real journal, with desktops in memory that do everything, and a run of another project
 * in the midst, whose model waits for the end of the test.
 */
export async function startFuzzedWorld() {
  const end = Promise.withResolvers<void>();
  const desktops = handyDesktops();
  const world = await startGateway([], { inMemory: desktops, registry: onlyModel(modelThatWaitsFor(end.promise)), maxDesktops: 6, maxQueued: 50 });
  let names = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const other = world.runs.create(RunRequest.parse({ task: foreignCanary, metadata: { canary: foreignCanary } }), bystander);
  const there = new Map<string, string[]>();
  const note = (kind: string, id: string | null | undefined) => {
    if (typeof id === 'string') there.set(kind, [...(there.get(kind) ?? []).filter((known) => known !== id), id].slice(-3));
  };
  const named = (text: string) => text.replaceAll(/@(\w+)\.(\d)/g, (_whole, kind: string, index: string) => {
    const ids = there.get(kind) ?? [];
    return ids[Number(index) % Math.max(1, ids.length)] ?? `no-${kind}`;
  });

  return {
    other,
    /** Sends a request as it is, with the names of what is there filled in. A stream is left after its first bytes, a wait after a moment. */
    async send(method: string, { path, headers, body }: GeneratedRequest): Promise<Answer> {
      const filled = body === undefined ? undefined : Buffer.from(body.includes('@') && body.length < 100_000 ? Buffer.from(named(body.toString('latin1')), 'latin1') : body);
      const sent = httpRequest(world.url, {
        agent, method, path: named(path), headers: { authorization: `Bearer ${token}`, ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, named(value)])), ...(filled === undefined ? {} : { 'content-length': filled.length }) },
      });
      const mayWait = /[?&]wait=/.test(path);
      // A body that is too large is answered before it is read: the connection may end while it is still written.
      const mayBeCut = (filled?.length ?? 0) > 256 * 1024;
      sent.on('error', () => {});
      const [response] = await once(sent.end(filled), 'response', { signal: AbortSignal.timeout(mayWait ? leaveMs : answerMs) }).catch((reason: unknown) => {
        sent.destroy();
        if (mayWait || mayBeCut) return [undefined];
        throw new Error(`no answer: ${reason instanceof Error ? reason.message : String(reason)}`);
      }) as [IncomingMessage | undefined];
      if (response === undefined) return { left: true };
      return { status: response.statusCode ?? 0, type: String(response.headers['content-type'] ?? ''), text: await textOf(response) };
    },
    /** Looks what there is, so that requests can name it. */
    look(): void {
      for (const run of world.all().slice(0, 4)) {
        note('run', run.id);
        note('frame', run.lastFrameId);
        note('approval', run.approvalId);
        note('artefactId', run.artefacts[0]?.id);
      }
      for (const { id, project } of desktops.list()) if (project !== bystander.project) note('desktop', id);
    },
    note,
    /** Keeps a desktop and a run there to be named, however many were ended. */
    async restock(): Promise<void> {
      const by = { name: 'first-token', project: 'default' };
      const unfinished = world.all().filter(({ endedAt, id }) => endedAt === null && id !== other.id).toSorted((one, another) => another.createdAt - one.createdAt);
      for (const { id } of unfinished.slice(keptRuns)) world.runs.cancel(id, 'restocked', by);
      for (const { id, project, runId } of desktops.list()) if (project === by.project && runId === null && desktops.list().length > 4) await world.runs.releaseDesktop(id, by, undefined, AbortSignal.timeout(answerMs)).catch(() => undefined);
      await world.runs.launchDesktop(`d-${Math.random().toString(36).slice(2, 10)}`, { display: { width: 1280, height: 800 }, template: 'default' }, by, AbortSignal.timeout(answerMs)).catch(() => undefined);
      world.runs.create(RunRequest.parse({ task: 'restock' }), by);
      world.runs.create(RunRequest.parse({ task: checkedTask }), by);
      const made = await fetch(`${world.url}/api/tokens`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ name: `token-${names += 1}`, role: 'viewer' }) });
      note('token', (await made.json() as { view: { id: string } }).view.id);
    },
    /** Lets the other project's model answer, and resolves with its run when that is over. */
    async bystanderEnds(): Promise<Run> {
      end.resolve();
      return world.runs.ended(other.id, bystander, AbortSignal.timeout(answerMs));
    },
    async [Symbol.asyncDispose]() {
      end.resolve();
      agent.destroy();
      await world[Symbol.asyncDispose]();
    },
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const isEndless = String(response.headers['content-type']).startsWith('text/event-stream');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error(`an answer of more than ${maxAnswerBytes} bytes`);
    if (isEndless) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** So many of the newest unfinished runs stay when others are put beside them. */
const keptRuns = 8;

/** Desktops in memory with files, programs and a clipboard. */
function handyDesktops() {
  const desktops = fakeDesktops(() => tinyPng);
  const launch = desktops.launch.bind(desktops);
  return Object.assign(desktops, {
    async launch(...args: Parameters<typeof launch>): Promise<Desktop> {
      const desktop = await launch(...args) as FakeDesktop;
      const { state, readClipboard, writeClipboard, runProgram, openProgram } = asDesktop(new MemoryDesktop(desktop.id, args[1], args[2].project));
      desktop.files.set('Outbox/note.txt', Buffer.from('kept'));
      return Object.assign(desktop, {
        state, readClipboard, writeClipboard, runProgram, openProgram,
        async writeFile(path: string, content: AsyncIterable<Uint8Array>) {
          const chunks: Uint8Array[] = [];
          for await (const chunk of content) chunks.push(chunk);
          desktop.files.set(path, Buffer.concat(chunks));
          return { size: Buffer.concat(chunks).length };
        },
        removeFile: async (path: string) => void desktop.files.delete(path),
      });
    },
  });
}

/** Clicks once, then says that it is done; the run with the canary waits first. */
function modelThatWaitsFor(end: Promise<void>): Model {
  return {
    name: 'scripted',
    capture: { format: 'png' },
    async decide({ transcript }, signal) {
      signal.throwIfAborted();
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (JSON.stringify(transcript).includes(foreignCanary)) await Promise.race([end, promise]);
      const told = JSON.stringify(transcript);
      if (told.includes('call_1')) return says('done');
      return told.includes(checkedTask) ? turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [{ id: 'sc_1', code: 'irreversible', message: 'Look twice' }] }]) : clicks();
    },
  };
}

function onlyModel(model: Model): Models {
  return { get: () => model, list: () => [{ name: model.name, provider: 'test', dialect: 'none', usable: true, reason: null }] };
}
