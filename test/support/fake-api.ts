import { pino } from 'pino';
import { createAccess } from '../../controller/access/access.ts';
import { createFailures } from '../../controller/access/failures.ts';
import { createSessions } from '../../controller/access/sessions.ts';
import { createTickets } from '../../controller/access/tickets.ts';
import { createTokenBook } from '../../controller/access/token-book.ts';
import { oneToken } from '../../controller/access/tokens.ts';
import type { Audit } from '../../controller/api/audit.ts';
import { createApi } from '../../controller/api/create-api.ts';
import { listen } from '../../controller/api/server.ts';
import type { DesktopImages } from '../../controller/desktops/desktop-image.ts';
import { createMetrics } from '../../controller/metrics/metrics.ts';
import type { Templates } from '../../controller/runs/templates/template.ts';
import { Secret } from '../../controller/secret.ts';
import { sampleDoctor } from './sample-doctor.ts';
import { noImage } from './no-image.ts';
import { noBackups } from './no-backups.ts';
import { memorySessions } from './memory-sessions.ts';
import { memoryTokens } from './memory-tokens.ts';
import { MemoryDesktops } from './memory-desktops.ts';
import { FakeRuns } from './fake-runs.ts';

export const testToken = 'test-token-0123456789';

/** The real API on a real port, over ports in memory. */
export async function startFakeApi(options: { readonly maxFailures?: number; readonly allowedHosts?: readonly string[]; readonly isSecure?: boolean; readonly isBehindProxy?: boolean; readonly audit?: Audit['page']; readonly templates?: Templates; readonly images?: DesktopImages; readonly isDraining?: () => boolean } = {}) {
  const desktops = new MemoryDesktops();
  const runs = new FakeRuns(desktops);
  const logged: string[] = [];
  const deeds: Parameters<Audit['record']>[0][] = [];
  const health = { ready: true, checks: [{ name: 'engine', ok: true, reason: null as string | null }] };
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const tokens = createTokenBook(memoryTokens(), oneToken(new Secret(testToken)));
  const sessions = createSessions(memorySessions(), tokens);
  const api = createApi({
    runs, desktops, log, tokens, tickets: createTickets(), audit: { page: options.audit ?? (() => []), record: (deed) => void deeds.push(deed) },
    models: { get: () => { throw new Error('not asked'); }, list: () => [{ name: 'rehearsal', provider: 'rehearsal', dialect: 'openai', usable: true, reason: null }] },
    access: createAccess({ tokens, sessions, isSecure: options.isSecure ?? false, isBehindProxy: options.isBehindProxy ?? false, allowedHosts: options.allowedHosts ?? [], failures: createFailures(options.maxFailures ?? 1_000_000) }),
    health: async () => health,
    backups: noBackups,
    metrics: createMetrics(),
    doctor: sampleDoctor,
    images: options.images ?? noImage,
    ...(options.isDraining === undefined ? {} : { isDraining: options.isDraining }),
    ...(options.templates === undefined ? {} : { templates: options.templates }),
  });
  const server = await listen(api, { host: '127.0.0.1', port: 0 });
  const headers = { authorization: `Bearer ${testToken}` };
  return {
    url: server.url, port: server.port, desktops, runs, tokens, deeds, logged, health, server,
    /** A request with the token; a plain object as body is sent as JSON. */
    ask: (path: string, { method = 'GET', body, headers: more = {} }: { method?: string; body?: unknown; headers?: Record<string, string> } = {}) =>
      fetch(`${server.url}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined || Buffer.isBuffer(body) ? {} : { 'content-type': 'application/json' }), ...more },
        ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? new Uint8Array(body) : typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    [Symbol.asyncDispose]: () => server.close(200),
  };
}

/** The same with two desktops: `d-1`, and `d-foreign` of another project. */
export async function startFakeApiWithDesktops() {
  const api = await startFakeApi();
  api.desktops.add('d-1');
  api.desktops.add('d-foreign', 'other');
  return api;
}
