import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { actor } from '../../controller/actor.ts';
import { chainStart, firstMisfit, hashOfEntry } from '../../controller/audit-chain.ts';
import { createTokenBook, NewToken } from '../../controller/access/token-book.ts';
import { oneToken } from '../../controller/access/tokens.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { deedsOf } from '../../controller/runs/chart/deeds.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { Secret } from '../../controller/secret.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from '../runs/random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const deed = (what: string, project = 'default') => ({ at: 5, project, who: 'ann', what, subject: 'run-1', details: { n: 1, left: undefined } });

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-audit-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the audit', () => {
  it('chains the entries of each project, also over a restart', () => inFolder(async (folder) => {
    let journal = openJournal(folder);
    journal.recordDeed(deed('one'));
    journal.recordDeed(deed('other', 'blue'));
    journal.recordDeed(deed('two'));
    journal.close();
    journal = openJournal(folder);
    journal.recordDeed(deed('three'));
    const entries = journal.audit({ project: 'default', after: 0, limit: 100 });
    assert.deepEqual(entries.map(({ what }) => what), ['one', 'two', 'three']);
    assert.equal(entries[0]?.previous, chainStart);
    assert.equal(firstMisfit(entries), undefined);
    assert.equal(firstMisfit(journal.audit({ project: 'blue', after: 0, limit: 100 })), undefined);
    assert.deepEqual(journal.audit({ project: 'default', after: entries[1]?.sequence ?? 0, limit: 1 }).map(({ what }) => what), ['three']);
    journal.close();
  }));

  it('shows any change of it: another word, another time, an entry left out or put in, two exchanged', () => inFolder(async (folder) => {
    const journal = openJournal(folder);
    for (const what of ['one', 'two', 'three', 'four']) journal.recordDeed(deed(what));
    const entries = [...journal.audit({ project: 'default', after: 0, limit: 100 })];
    const [one, two, three, four] = entries;
    if (one === undefined || two === undefined || three === undefined || four === undefined) assert.fail('four entries');
    for (const [name, value] of Object.entries({ at: 6, who: 'bob', from: '10.0.0.1', what: 'other', subject: 'run-2', details: {}, sequence: 99, project: 'blue', previous: 'f'.repeat(64) })) {
      assert.equal(firstMisfit([one, { ...two, [name]: value }, three, four])?.sequence, name === 'sequence' ? 99 : two.sequence, name);
    }
    assert.equal(firstMisfit([one, three, four]), three);
    assert.equal(firstMisfit([two, three, four]), two, 'the beginning is missing');
    assert.equal(firstMisfit([one, three, two, four]), three);
    const forged = { ...two, who: 'bob' };
    assert.equal(firstMisfit([one, { ...forged, hash: hashOfEntry(forged) }, three, four]), three, 'a hash made anew does not fit the next');
    journal.close();
  }));

  it('can only be appended to', () => inFolder(async (folder) => {
    const journal = openJournal(folder);
    journal.recordDeed(deed('one'));
    journal.close();
    const database = new DatabaseSync(join(folder, 'journal.sqlite'));
    assert.throws(() => database.exec("UPDATE audit SET who = 'bob'"), /append-only/);
    assert.throws(() => database.exec('DELETE FROM audit'), /append-only/);
    database.close();
  }));

  it('has a row for everything that somebody does to a run, in the transaction of the change, with the address of the request', () => inFolder(async (folder) => {
    const journal = openJournal(folder);
    const flagged = turnWith([{ callId: 'c', actions: [click], safetyChecks: [{ id: 'check', code: 'x', message: 'look' }] }]);
    const runs = createRuns({ journal, desktops: fakeDesktops(), models: onlyModel(scriptedModel([flagged, turnWith([], 'done')])), log: pino({ level: 'silent' }), maxDesktops: 2, maxQueued: 10, makeBriefing: () => ({ version: 'test', text: '' }) });
    await actor.run({ name: 'ann', address: '192.0.2.7' }, async () => {
      const run = runs.create(RunRequest.parse({ task: 'do it' }), ann);
      const approvalId = await waitFor('the approval', () => runs.get(run.id, ann).approvalId ?? undefined);
      runs.pause(run.id, ann);
      runs.resume(run.id, { name: 'bob', project: 'default' });
      runs.message(run.id, 'go on', ann);
      runs.decide(approvalId, { decision: 'deny', reason: 'no' }, ann);
      await waitFor('its end', () => (runs.get(run.id, ann).endedAt === null ? undefined : true));
      const entries = journal.audit({ project: 'default', after: 0, limit: 100 });
      assert.deepEqual(entries.map(({ what, who, from }) => [what, who, from]), [
        ['run.create', 'ann', '192.0.2.7'], ['pause', 'ann', '192.0.2.7'], ['resume', 'bob', null], ['message', 'ann', '192.0.2.7'], ['approval.decide', 'ann', '192.0.2.7'],
      ]);
      assert.ok(entries.every(({ subject }) => subject === run.id));
      assert.deepEqual(entries.at(-1)?.details, { approvalId, decision: 'deny', reason: 'no', edits: 0 });
      assert.equal(firstMisfit(entries), undefined);
    });
    await runs.close();
    journal.close();
  }));

  it('names the token of whoever asks for control or takes it, whatever they call themselves', () => {
    const context = { runId: 'run-1', project: 'default', lease: null };
    for (const command of [
      { type: 'control.request', at: 5, by: 'Anna (ops)', principal: 'ops', reason: null },
      { type: 'control.take', at: 5, leaseId: 'a-secret', holder: 'Anna (ops)', principal: 'ops', ttlMs: 1000, reason: null, isForced: false },
    ] as const) {
      const [entry] = deedsOf(context, command);
      assert.deepEqual([entry?.who, JSON.stringify(entry).includes('a-secret')], ['ops', false]);
    }
  });

  it('tells the gate\'s verdicts about hosts as the gate\'s, under a name that no token can have', () => inFolder(async (folder) => {
    const contact = { host: 'example.com', port: 443, kind: 'connect', verdict: 'refused', rule: 'none', reason: 'this desktop has no network', address: null } as const;
    const [entry] = deedsOf({ runId: 'run-1', project: 'default', lease: null }, { type: 'network.decided', at: 5, contact });
    assert.deepEqual([entry?.who, entry?.what, entry?.subject, entry?.details], ['gate', 'network.decided', 'run-1', { contact }]);
    const journal = openJournal(folder);
    const book = createTokenBook(journal.tokens, oneToken(new Secret('the-first-token-of-all')));
    assert.throws(() => book.create(NewToken.parse({ name: 'gate', role: 'viewer' }), 'ann'), { code: 'conflict' });
    journal.close();
  }));

  it('has a row for every token, made or revoked, once', () => inFolder(async (folder) => {
    const journal = openJournal(folder);
    const book = createTokenBook(journal.tokens, oneToken(new Secret('the-first-token-of-all')));
    const { token, view } = book.create(NewToken.parse({ name: 'ci', role: 'viewer' }), 'ann');
    assert.throws(() => book.create(NewToken.parse({ name: 'ci', role: 'viewer' }), 'ann'));
    book.revoke(view.id, 'bob');
    book.revoke(view.id, 'bob');
    const entries = journal.audit({ project: 'default', after: 0, limit: 100 });
    assert.deepEqual(entries.map(({ what, who, subject }) => [what, who, subject]), [['token.create', 'ann', view.id], ['token.revoke', 'bob', view.id]]);
    assert.ok(!JSON.stringify(entries).includes(token));
    journal.close();
  }));
});
