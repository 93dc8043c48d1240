import { createReadStream } from 'node:fs';
import { onlyValue } from '../../access/origins.ts';
import type { SentHeaders } from '../../access/origins.ts';
import { VitrineError } from '../../errors.ts';
import type { RunEvent } from '../../runs/run-event.ts';
import type { Run } from '../../runs/run.ts';
import type { Principal, RunNetworkView, Runs } from '../../runs/runs.ts';
import { attachment } from '../attachment.ts';
import { createPause } from '../create-pause.ts';
import type { Handlers, RoutesUnder } from '../handler.ts';
import { json } from '../reply.ts';
import { filmOf } from '../replay/film.ts';
import { builtPlayer } from '../replay/built-player.ts';
import { renderReplay } from '../replay/render-replay.ts';
import { runOn } from '../../runs/templates/template.ts';
import type { Templates } from '../../runs/templates/template.ts';
import { simulateContacts, simulatePolicy } from '../../runs/simulate-policy.ts';
import { eachEvent } from '../../runs/each-event.ts';
import { jsonPieces } from '../json-pieces.ts';
import { pictureReply } from './screen-routes.ts';

type Keys = Exclude<RoutesUnder<'/api/runs'>, 'GET /api/runs/{id}/events'>;

const maxPolicyTestMs = 20_000;

/** Runs: given, followed, steered, replayed. */
export function runsRoutes(runs: Runs, templates: Templates): Handlers<Keys> {
  return {
    async 'POST /api/runs'({ body }, { principal, grant, message }) {
      const request = runOn(templates.get(body.template ?? 'default'), body, grant.scopes.has('network:write'), templates.privateTargets);
      const run = runs.create(request, principal, idempotencyKeyOf(message.headersDistinct));
      return json(run, { headers: { location: `/api/runs/${run.id}` } });
    },
    async 'GET /api/runs'({ query }, { principal }) {
      const { state, driver, desktop, search, limit = 50, after } = query;
      const page = runs.list({ states: state, driver, desktopId: desktop, search, limit, after }, principal);
      return json({ runs: [...page.items], next: page.next });
    },
    async 'GET /api/runs/{id}'({ params, query }, { principal, signal, closing }) {
      const run = runs.get(params.id, principal);
      if (query.wait === undefined || query.wait === 0 || run.endedAt !== null) return json(run);
      return json(await endedWithin(runs, params.id, query.wait * 1000, principal, AbortSignal.any([signal, closing])));
    },
    async 'POST /api/runs/{id}/cancel'({ params, body }, { principal }) {
      return json(runs.cancel(params.id, body.reason ?? `cancelled by ${principal.name}`, principal));
    },
    async 'POST /api/runs/{id}/pause'({ params }, { principal }) {
      return json(runs.pause(params.id, principal));
    },
    async 'POST /api/runs/{id}/resume'({ params }, { principal }) {
      return json(runs.resume(params.id, principal));
    },
    async 'POST /api/runs/{id}/messages'({ params, body }, { principal }) {
      return json(runs.message(params.id, body.text, principal));
    },
    async 'POST /api/runs/{id}/policy-test'({ params, body }, { principal, signal }) {
      const pause = createPause(maxPolicyTestMs, 'the test of these rules', signal);
      const contacts: RunEvent[] = [];
      const noting = async function* () {
        for await (const event of eachEvent(runs, params.id, principal, signal)) {
          if (event.fact.type === 'network.decided') contacts.push(event);
          yield event;
        }
      };
      const turns = (await simulatePolicy(body.rules, noting(), pause)).map(({ turn, matches }) => ({ turn, matches: [...matches] }));
      return json({ turns, contacts: [...simulateContacts(body.rules, contacts)] });
    },
    async 'GET /api/runs/{id}/network'({ params }, { principal }) {
      return json(shown(runs.network(params.id, principal)));
    },
    async 'POST /api/runs/{id}/network'({ params, body }, { principal }) {
      return json(shown(runs.changeNetwork(params.id, body, principal)));
    },
    async 'GET /api/runs/{id}/frames/{frameId}'({ params }, { principal }) {
      return pictureReply(await runs.picture(params.id, params.frameId, principal));
    },
    async 'GET /api/runs/{id}/artefacts'({ params }, { principal }) {
      return json({ artefacts: runs.get(params.id, principal).artefacts });
    },
    async 'GET /api/runs/{id}/artefacts/{artefactId}'({ params }, { principal }) {
      const { name, size, path } = await runs.artefact(params.id, params.artefactId, principal);
      return { kind: 'stream', type: 'application/octet-stream', chunks: createReadStream(path), headers: { 'content-length': String(size), 'content-disposition': attachment(name) } };
    },
    async 'GET /api/runs/{id}/film'({ params }, { principal, signal }) {
      const film = await filmOf(runs.get(params.id, principal), eachEvent(runs, params.id, principal, signal));
      return { kind: 'stream', type: 'application/json; charset=utf-8', chunks: jsonPieces(film) };
    },
    async 'GET /api/runs/{id}/replay'({ params }, { principal, signal }) {
      const run = runs.get(params.id, principal);
      const player = builtPlayer();
      const chunks = renderReplay(run, eachEvent(runs, params.id, principal, signal), player, (frameId) => runs.picture(params.id, frameId, principal));
      return { kind: 'stream', type: 'text/html; charset=utf-8', chunks, headers: { 'content-security-policy': `${player.policy}; frame-ancestors 'none'; sandbox allow-scripts` } };
    },
  };
}

function shown({ policy, allowed, questions, hosts, quiet }: RunNetworkView) {
  return { policy, allowed: [...allowed], questions: [...questions], hosts: [...hosts], quiet };
}

/** The run when it is over, or as it is when the time has passed. */
async function endedWithin(runs: Runs, runId: string, ms: number, by: Principal, signal: AbortSignal): Promise<Run> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  return runs.ended(runId, by, enough).catch((reason: unknown) => {
    if (!enough.aborted) throw reason;
    return runs.get(runId, by);
  });
}

function idempotencyKeyOf(headers: SentHeaders): string | undefined {
  const key = onlyValue(headers, 'idempotency-key');
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) throw new VitrineError('invalid_request', 'an Idempotency-Key has 1 to 255 printable ASCII characters without spaces');
  return key;
}
