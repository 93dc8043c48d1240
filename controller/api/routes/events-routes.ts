import { VitrineError } from '../../errors.ts';
import { finalStates } from '../../runs/run.ts';
import type { Runs } from '../../runs/runs.ts';
import { eventStream } from '../event-stream.ts';
import type { Context, Handlers } from '../handler.ts';
import { json } from '../reply.ts';
import type { Reply } from '../reply.ts';
import type { EventPage } from '../shapes.ts';
import type { z } from 'zod';

type Keys = 'GET /api/runs/{id}/events' | 'GET /api/events';
type Query = { readonly after?: number | undefined; readonly limit?: number | undefined; readonly newest?: boolean | undefined };

/** What happened, as a list or as it happens. */
export function eventsRoutes(runs: Runs): Handlers<Keys> {
  return {
    async 'GET /api/runs/{id}/events'({ params, query }, context) {
      const run = runs.get(params.id, context.principal);
      if (!wantsStream(context)) return listed(runs, params.id, query, context);
      const resumed = lastEventId(context);
      const isOver = finalStates.includes(run.state);
      // 204 is how an EventSource is told not to connect again.
      if (isOver && resumed !== undefined && runs.events({ runId: params.id, after: resumed, limit: 1 }, context.principal).length === 0) return { kind: 'nothing', status: 204 };
      return streamed(runs, params.id, resumed ?? query.after ?? 0, context);
    },
    async 'GET /api/events'({ query }, context) {
      if (!wantsStream(context)) return listed(runs, undefined, query, context);
      return streamed(runs, undefined, lastEventId(context) ?? query.after ?? 0, context);
    },
  };
}

function wantsStream({ accepts }: Context): boolean {
  return accepts('application/json', 'text/event-stream') === 'text/event-stream';
}

function listed(runs: Runs, runId: string | undefined, { after = 0, limit = 200, newest = false }: Query, { principal }: Context): Reply<z.infer<typeof EventPage>> {
  const events = [...runs.events({ runId, after, limit, newest }, principal)];
  return json({ events, next: events.length === limit && !newest ? events.at(-1)?.sequence ?? null : null });
}

function streamed(runs: Runs, runId: string | undefined, after: number, { principal, grant, signal, closing }: Context): Reply<never> {
  const chunks = eventStream(runs, { runId, after }, principal, AbortSignal.any([signal, closing, grant.ended]));
  return { kind: 'stream', type: 'text/event-stream; charset=utf-8', chunks, headers: { 'x-accel-buffering': 'no' } };
}

function lastEventId({ message }: Context): number | undefined {
  const header = message.headers['last-event-id'];
  if (header === undefined || header === '') return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw new VitrineError('invalid_request', 'Last-Event-ID must be the id of an event: a whole number');
}
