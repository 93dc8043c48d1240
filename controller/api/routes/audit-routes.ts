import { setImmediate as nextTurn } from 'node:timers/promises';
import { chainStart, firstMisfit } from '../../audit-chain.ts';
import type { Audit } from '../audit.ts';
import type { Handlers, RoutesUnder } from '../handler.ts';
import { json } from '../reply.ts';

const verifiedAtOnce = 500;

/** Who changed what. */
export function auditRoutes(audit: Audit): Handlers<RoutesUnder<'/api/audit'>> {
  return {
    async 'GET /api/audit'({ query: { after = 0, limit = 200, ...filters } }, { principal }) {
      const entries = [...audit.page({ project: principal.project, after, limit, ...filters })];
      return json({ entries, next: entries.length === limit ? (entries.at(-1)?.sequence ?? null) : null });
    },
    async 'GET /api/audit/verification'(_request, { principal: { project } }) {
      return json(await verification(audit, project));
    },
  };
}

/** Page by page, so that others are answered in between. */
async function verification(audit: Audit, project: string): Promise<{ entries: number; last: string; misfit: number | null }> {
  let last = chainStart;
  for (let count = 0, after = 0; ;) {
    const page = audit.page({ project, after, limit: verifiedAtOnce });
    const misfit = firstMisfit(page, last);
    if (misfit !== undefined) return { entries: count + page.indexOf(misfit), last: page[page.indexOf(misfit) - 1]?.hash ?? last, misfit: misfit.sequence };
    count += page.length;
    last = page.at(-1)?.hash ?? last;
    after = page.at(-1)?.sequence ?? after;
    if (page.length < verifiedAtOnce) return { entries: count, last, misfit: null };
    await nextTurn();
  }
}
