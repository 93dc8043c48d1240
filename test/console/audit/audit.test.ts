import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AuditEntry, chainStart, firstMisfit, hashOfEntry } from '../../../controller/audit-chain.ts';
import { auditLines } from '../../../controller/console/pages/audit/download-audit.ts';
import { pageOf, pairsOf, searchOf } from '../../../controller/console/pages/audit/search.ts';

it('fields that are empty filter nothing', () => {
  assert.deepEqual(searchOf({ who: ' ann ', what: '', subject: '  ' }), { who: 'ann' });
});

it('an entry leads to its run or desktop, and shows its details', () => {
  assert.deepEqual(pageOf({ subject: 'run-1a' }), { page: 'run', id: 'run-1a' });
  assert.deepEqual(pageOf({ subject: 'd-9' }), { page: 'desktop', id: 'd-9' });
  for (const subject of [null, '3f2a', 'run-1/../../x']) assert.equal(pageOf({ subject }), undefined);
  assert.deepEqual(pairsOf({ details: { decision: 'deny', edits: 0, reason: null, scopes: [], names: ['a', 'b'], expiresAt: 0, rule: { n: 1 } } }), [['decision', 'deny'], ['edits', '0'], ['names', 'a, b'], ['expiresAt', '1970-01-01 00:00:00'], ['rule', '{"n":1}']]);
});

it('an export holds every entry of every page, in a form that can be verified', async () => {
  const entries: AuditEntry[] = [];
  for (let sequence = 1; sequence <= 5; sequence += 1) {
    const entry = { sequence, at: sequence, project: 'default', who: 'ann', from: null, what: 'x', subject: null, details: {}, previous: entries.at(-1)?.hash ?? chainStart };
    entries.push({ ...entry, hash: hashOfEntry(entry) });
  }
  const counts: number[] = [];
  const lines = await auditLines(async ({ after }) => {
    const page = entries.filter(({ sequence }) => sequence > Number(after)).slice(0, 2);
    return { entries: page, next: page.length === 2 ? (page.at(-1)?.sequence ?? null) : null };
  }, (count) => counts.push(count));
  assert.deepEqual(counts, [2, 4, 5]);
  assert.equal(firstMisfit(lines.map((line) => AuditEntry.parse(JSON.parse(line)))), undefined);
});
