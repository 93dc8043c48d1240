import type { Audit } from '../audit.ts';
import type { Handlers } from '../handler.ts';
import { json } from '../reply.ts';

/** Who changed what. */
export function auditRoutes(audit: Audit): Handlers<'GET /api/audit'> {
  return {
    async 'GET /api/audit'({ query: { after = 0, limit = 200 } }, { principal }) {
      const entries = [...audit.page({ project: principal.project, after, limit })];
      return json({ entries, next: entries.length === limit ? (entries.at(-1)?.sequence ?? null) : null });
    },
  };
}
