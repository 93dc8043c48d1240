import type { Metrics } from '../../metrics/metrics.ts';
import type { Models } from '../../models/model.ts';
import type { Runs } from '../../runs/runs.ts';
import type { Handlers, RoutesUnder } from '../handler.ts';
import type { Health } from '../health.ts';
import { json } from '../reply.ts';
import type { OpenApiDocument } from '../shapes.ts';
import type { z } from 'zod';

/** Questions to people. */
export function approvalsRoutes(runs: Runs): Handlers<RoutesUnder<'/api/approvals'>> {
  return {
    async 'GET /api/approvals'({ query }, { principal }) {
      const { items, next } = runs.approvals({ runId: query.run, state: query.state, kind: query.kind, limit: query.limit ?? 50, after: query.after }, principal);
      return json({ approvals: [...items], next });
    },
    async 'GET /api/approvals/{id}'({ params }, { principal }) {
      return json(runs.approval(params.id, principal));
    },
    async 'POST /api/approvals/{id}/decision'({ params, body }, { principal }) {
      return json(runs.decide(params.id, body, principal));
    },
    async 'POST /api/approvals/{id}/answer'({ params, body }, { principal }) {
      return json(runs.answerQuestion(params.id, body, principal));
    },
  };
}

/** Models, health, metrics, and the description of the API. */
export function descriptionRoutes(models: Models, health: Health, metrics: Metrics, document: z.infer<typeof OpenApiDocument>): Handlers<'GET /api/models' | 'GET /healthz' | 'GET /readyz' | 'GET /metrics' | 'GET /openapi.json'> {
  return {
    async 'GET /api/models'() {
      return json({ models: models.list() });
    },
    async 'GET /healthz'() {
      return json({ alive: true as const });
    },
    async 'GET /readyz'(_request, { isKnown }) {
      const { ready, checks, ...more } = await health();
      return json(isKnown ? { ready, checks: [...checks], ...more } : { ready }, { status: ready ? 200 : 503 });
    },
    async 'GET /metrics'() {
      const { type, text } = await metrics.page();
      return { kind: 'bytes', type, bytes: Buffer.from(text) };
    },
    async 'GET /openapi.json'() {
      return json(document);
    },
  };
}
