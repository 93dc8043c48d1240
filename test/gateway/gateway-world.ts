import { noImage } from '../support/no-image.ts';
import { noBackups } from '../support/no-backups.ts';
import { sampleDoctor } from '../support/sample-doctor.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { pino } from 'pino';
import { createAccess } from '../../controller/access/access.ts';
import { createFailures } from '../../controller/access/failures.ts';
import { createSessions } from '../../controller/access/sessions.ts';
import { createTickets } from '../../controller/access/tickets.ts';
import { createTokenBook } from '../../controller/access/token-book.ts';
import { oneToken } from '../../controller/access/tokens.ts';
import { createApi } from '../../controller/api/create-api.ts';
import { listen } from '../../controller/api/server.ts';
import type { Turn } from '../../controller/dialects/transcript.ts';
import { createGateway } from '../../controller/gateway/create-gateway.ts';
import type { GatewayOptions } from '../../controller/gateway/create-gateway.ts';
import type { Models } from '../../controller/models/model.ts';
import { createMetrics } from '../../controller/metrics/metrics.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import type { Run } from '../../controller/runs/run.ts';
import type { SecretBook } from '../../controller/secret-book.ts';
import { Secret } from '../../controller/secret.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import type { FakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from '../runs/random-commands.ts';

export const token = 'test-token-0123456789';
const principal = { name: 'first-token', project: 'default' };

/** The real gateway and API on a real port, over real runs and a real journal; desktops and model are in memory. */
export async function startGateway(turns: ScriptedModel['turns'], options: Partial<GatewayOptions> & { readonly registry?: Models; readonly folder?: string; readonly maxDesktops?: number; readonly maxQueued?: number; readonly inMemory?: FakeDesktops; readonly secrets?: SecretBook } = {}) {
  const folder = options.folder ?? await mkdtemp(join(tmpdir(), 'vitrine-gateway-'));
  const journal = openJournal(folder);
  const desktops = options.inMemory ?? fakeDesktops();
  const model = scriptedModel(turns);
  const log = pino({ level: 'silent' });
  const models = options.registry ?? onlyModel(model);
  const runs = createRuns({ journal, desktops, models, log, maxDesktops: options.maxDesktops ?? 4, maxQueued: options.maxQueued, secrets: options.secrets, makeBriefing: (_display, text) => ({ version: 'test', text: `You have a desktop. ${text ?? ''}` }) });
  const tokens = createTokenBook(journal.tokens, oneToken(new Secret(token)));
  const access = createAccess({ tokens, sessions: createSessions(journal.sessions, tokens), allowedHosts: [], failures: createFailures(1_000_000) });
  const gateway = createGateway({ runs, models, desktops, access, log, ...options });
  const server = await listen(createApi({ runs, desktops, models, access, tokens, tickets: createTickets(), audit: { page: (query) => journal.audit(query), record: () => {} }, log, gateway, backups: noBackups, metrics: createMetrics(), doctor: sampleDoctor, images: noImage, health: async () => ({ ready: true, checks: [] }) }), { host: '127.0.0.1', port: 0 });
  const all = (): Run[] => [...runs.list({ limit: 500 }, principal).items];
  return {
    url: server.url, folder, tokens, runs, desktops, model, all,
    openai: new OpenAI({ baseURL: `${server.url}/v1`, apiKey: token, maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: server.url, apiKey: token, maxRetries: 0 }),
    by: principal,
    /** A request with the token; an object as body is sent as JSON. */
    ask: (path: string, { method = 'POST', body, headers = {}, signal }: { method?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {}) => fetch(`${server.url}/v1${path}`, {
      method, headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }), ...(signal === undefined ? {} : { signal }),
    }),
    /** Waits until the newest run is as wanted. */
    newest: (isWanted: (run: Run) => boolean): Promise<Run> => waitFor('a run as wanted', () => all().find(isWanted)),
    async stop() {
      await server.close(100);
      await runs.close();
      journal.close();
    },
    async [Symbol.asyncDispose]() {
      await this.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A turn with one click and something said beside it. */
export function clicks(commentary = 'I click.'): Turn {
  return { ...turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [] }]), commentary };
}

/** The final message. */
export function says(text: string): Turn {
  return turnWith([], text);
}

/** A turn that asks functions of the caller. */
export function asks(...calls: { name: string; arguments: string }[]): Turn {
  return turnWith(calls.map((call, index) => ({ callId: `call_${index}`, actions: [], asks: call, safetyChecks: [] })));
}

/** The same, with words beside it: what the model thought, and what it said to the caller. */
export function asksSaying(thought: string, said: string, ...calls: { name: string; arguments: string }[]): Turn {
  return { ...asks(...calls), commentary: `${thought}\n\n${said}`, said };
}

/** A turn that waits for the test. */
export function held(turn: Turn) {
  const { promise, resolve } = Promise.withResolvers<Turn>();
  return { turn: promise, release: () => resolve(turn) };
}
