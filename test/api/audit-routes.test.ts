import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { AuditEntry } from '../../controller/audit-chain.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import type { Journal } from '../../controller/journal/journal.ts';
import { startFakeApi } from '../support/fake-api.ts';

type Page = { readonly entries: readonly AuditEntry[]; readonly next: number | null };

describe('the audit over the API', () => {
  let folder: string;
  let journal: Journal;
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-audit-'));
    journal = openJournal(folder);
    for (let n = 1; n <= 600; n += 1) journal.recordDeed({ at: n, project: 'default', who: n % 3 === 0 ? 'bob' : 'ann', what: n % 2 === 0 ? 'run.create' : 'approval.decide', subject: `run-${n}`, details: {} });
    journal.recordDeed({ at: 1, project: 'blue', who: 'bob', what: 'run.create', subject: 'run-9', details: {} });
    api = await startFakeApi({ audit: (query) => journal.audit(query) });
  });
  after(async () => {
    await api.server.close(200);
    journal.close();
    await rm(folder, { recursive: true, force: true });
  });

  const page = async (query: string): Promise<Page> => (await (await api.ask(`/api/audit?${query}`)).json()) as Page;
  const verification = async () => (await api.ask('/api/audit/verification')).json();

  it('is read from its newest entry on, page by page, each entry once', async () => {
    const seen: number[] = [];
    for (let next: number | null | undefined; next !== null; ) {
      const { entries, next: following } = await page(`newest=true&limit=250${next === undefined ? '' : `&before=${next}`}`);
      seen.push(...entries.map(({ at }) => at));
      next = following;
    }
    assert.deepEqual(seen, Array.from({ length: 600 }, (_, index) => 600 - index));
  });

  it('is filtered by who, by a part of what, and by what it was done to', async () => {
    assert.deepEqual((await page('who=bob&limit=3')).entries.map(({ at }) => at), [3, 6, 9]);
    assert.deepEqual((await page('what=DECIDE&newest=true&limit=2')).entries.map(({ at }) => at), [599, 597]);
    assert.deepEqual((await page('subject=run-7')).entries.map(({ what }) => what), ['approval.decide']);
    assert.deepEqual((await page('who=bob&subject=run-7')).entries, []);
    assert.deepEqual((await page('what=%25')).entries, [], 'no pattern of the database');
    assert.equal((await api.ask('/api/audit?newest=maybe')).status, 400);
  });

  it('is verified over all its pages, and names the first entry that was changed', async () => {
    const last = journal.audit({ project: 'default', after: 0, limit: 1, newest: true })[0];
    assert.deepEqual(await verification(), { entries: 600, last: last?.hash, misfit: null });
    const database = new DatabaseSync(join(folder, 'journal.sqlite'));
    database.exec("DROP TRIGGER audit_stays; UPDATE audit SET who = 'eve' WHERE project = 'default' AND at = 555");
    database.close();
    const { entries, misfit } = (await verification()) as { entries: number; misfit: number };
    assert.deepEqual([entries, misfit], [554, 555]);
  });
});
