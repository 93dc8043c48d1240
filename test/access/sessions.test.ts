import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createSessions, sessionMs } from '../../controller/access/sessions.ts';
import { createTokenBook, NewToken } from '../../controller/access/token-book.ts';
import { oneToken } from '../../controller/access/tokens.ts';
import { restoreFolder } from '../../controller/journal/restore-folder.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { Secret } from '../../controller/secret.ts';
import { memorySessions } from '../support/memory-sessions.ts';
import { memoryTokens } from '../support/memory-tokens.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const firstToken = 'the-first-token-of-all';
const first = oneToken(new Secret(firstToken));

/** Sessions over tokens in memory, with one token made. */
function desk(now?: () => number) {
  const tokens = createTokenBook(memoryTokens(), first, now);
  const sessions = createSessions(memorySessions(), tokens, now);
  const made = tokens.create(NewToken.parse({ name: 'ada', role: 'operator', project: 'blue' }), 'test');
  return { tokens, sessions, made, grant: grantOf(tokens, made.token) };
}

function grantOf(tokens: { find(token: string): ReturnType<typeof first.find> }, token: string) {
  return tokens.find(token) ?? assert.fail('there is no such token');
}

describe('a session', () => {
  it('can do what its token can, and nobody can guess it', () => {
    const { sessions, grant } = desk();
    const { secret, grant: opened } = sessions.open(grant);
    assert.match(secret, /^vts_[\w-]{43}$/);
    const found = sessions.find(secret);
    assert.deepEqual([found?.name, found?.project, found?.scopes, found?.mayDecideOwn], ['ada', 'blue', grant.scopes, false]);
    assert.deepEqual(found?.session, opened.session);
    for (const other of ['', secret.slice(0, -1), `${secret}x`, secret.toUpperCase(), opened.session?.id ?? '', firstToken]) assert.equal(sessions.find(other), undefined, other);
  });

  it('ends when it is signed out, with all that it holds open, and no other one', () => {
    const { sessions, grant } = desk();
    const one = sessions.open(grant);
    const other = sessions.open(grant);
    sessions.end(one.grant.session?.id ?? '', 'signed out');
    assert.deepEqual([one.grant.ended.aborted, sessions.find(one.secret)], [true, undefined]);
    assert.deepEqual([other.grant.ended.aborted, grant.ended.aborted], [false, false]);
    assert.ok(sessions.find(other.secret));
  });

  it('ends with its token', () => {
    const { tokens, sessions, made, grant } = desk();
    const { secret, grant: opened } = sessions.open(grant);
    tokens.revoke(made.view.id, 'test');
    assert.deepEqual([opened.ended.aborted, sessions.find(secret)], [true, undefined]);
    assert.throws(() => sessions.open(grant), /has ended/);
  });

  it('ends by itself after 8 h', async () => {
    let now = Date.now();
    const { sessions, grant } = desk(() => now);
    const { secret } = sessions.open(grant);
    now += sessionMs - 1;
    assert.ok(sessions.find(secret));
    now += 1;
    assert.equal(sessions.find(secret), undefined);
  });

  it('takes with it what it holds open when its time is over', async () => {
    const table = memorySessions();
    const began = Date.now() - sessionMs + 100;
    const tokens = createTokenBook(memoryTokens(), first);
    const { secret } = createSessions(table, tokens, () => began).open(grantOf(tokens, firstToken));
    const grant = createSessions(table, tokens).find(secret);
    assert.equal(grant?.ended.aborted, false);
    await waitFor('its end', () => grant?.ended.aborted, 3000);
  });

  it('is one of at most 20 of its token: the next ends the oldest', () => {
    let now = 1_000_000;
    const { sessions, grant } = desk(() => now);
    const opened = Array.from({ length: 23 }, () => {
      now += 1;
      return sessions.open(grant);
    });
    assert.deepEqual(opened.map(({ secret }) => sessions.find(secret) !== undefined), [...Array(3).fill(false), ...Array(20).fill(true)]);
    assert.deepEqual(opened.slice(0, 4).map((one) => one.grant.ended.aborted), [true, true, true, false]);
  });
});

describe('sessions over a restart', () => {
  it('stay, as hashes only, until they are signed out', async () => {
    await using folder = await temporaryFolder();
    let journal = openJournal(folder.path);
    const begin = () => createSessions(journal.sessions, createTokenBook(journal.tokens, first));
    const again = () => {
      journal.close();
      journal = openJournal(folder.path);
      return begin();
    };
    const grant = grantOf(first, firstToken);
    let sessions = begin();
    const [kept, gone] = [sessions.open(grant), sessions.open(grant)];
    sessions.end(gone.grant.session?.id ?? '', 'signed out');
    sessions = again();
    assert.deepEqual(sessions.find(kept.secret)?.session, kept.grant.session);
    assert.equal(sessions.find(gone.secret), undefined);
    for (const file of ['journal.sqlite', 'journal.sqlite-wal']) {
      const bytes = await readFile(join(folder.path, file)).catch(() => Buffer.alloc(0));
      for (const { secret } of [kept, gone]) assert.ok(!bytes.includes(secret.slice(4)), file);
    }
    const entries = journal.audit({ project: 'default', after: 0, limit: 10 });
    assert.deepEqual(entries.map(({ what, who, subject, details }) => [what, who, subject, details['reason']]), [
      ['session.create', 'first-token', kept.grant.session?.id, undefined], ['session.create', 'first-token', gone.grant.session?.id, undefined], ['session.end', 'first-token', gone.grant.session?.id, 'signed out'],
    ]);
    journal.close();
  });

  it('end with a token that has another value by then, or was revoked', async () => {
    await using folder = await temporaryFolder();
    const journal = openJournal(folder.path);
    const tokens = createTokenBook(journal.tokens, first);
    const made = tokens.create(NewToken.parse({ name: 'ada', role: 'viewer' }), 'test');
    const sessions = createSessions(journal.sessions, tokens);
    const [ofFirst, ofAda] = [sessions.open(grantOf(first, firstToken)), sessions.open(grantOf(tokens, made.token))];
    tokens.revoke(made.view.id, 'test');
    const changed = createSessions(journal.sessions, createTokenBook(journal.tokens, oneToken(new Secret('another-first-token-by-now'))));
    assert.deepEqual([changed.find(ofFirst.secret), changed.find(ofAda.secret)], [undefined, undefined]);
    const same = createSessions(journal.sessions, createTokenBook(journal.tokens, first));
    assert.ok(same.find(ofFirst.secret));
    assert.equal(same.find(ofAda.secret), undefined);
    journal.close();
  });

  it('are none after a backup was restored: who has signed out since stays so', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const journal = openJournal(folder.path);
    const { secret } = createSessions(journal.sessions, first).open(grantOf(first, firstToken));
    await restoreFolder(journal.upkeep.backUp(), other.path, AbortSignal.timeout(20_000));
    journal.close();
    const restored = openJournal(other.path);
    assert.deepEqual([restored.sessions.all(), createSessions(restored.sessions, first).find(secret)], [[], undefined]);
    restored.close();
  });
});
