import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createTokenBook, NewToken } from '../../controller/access/token-book.ts';
import { scopes, scopesOfRole } from '../../controller/access/scopes.ts';
import { oneToken } from '../../controller/access/tokens.ts';
import { routes } from '../../controller/api/contract.ts';
import type { RouteSpec } from '../../controller/api/contract.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { Secret } from '../../controller/secret.ts';
import { startFakeApi } from '../support/fake-api.ts';
import { memoryTokens } from '../support/memory-tokens.ts';
import { waitFor } from '../support/wait-for.ts';

const first = oneToken(new Secret('the-first-token-of-all'));
const wanted = (name: string, more: Partial<NewToken> = {}) => NewToken.parse({ name, role: 'operator', ...more });

describe('the token book', () => {
  it('knows what it made and nothing that is like it', () => {
    const book = createTokenBook(memoryTokens(), first);
    const { token, view } = book.create(wanted('ci', { project: 'blue' }), 'first-token');
    assert.match(token, /^vit_[0-9a-f]{8}_[\w-]{43}$/);
    assert.deepEqual([view.name, view.project, view.role, view.createdBy], ['ci', 'blue', 'operator', 'first-token']);
    assert.equal(book.find(token)?.project, 'blue');
    for (const other of [`${token}x`, token.slice(0, -1), token.toUpperCase(), view.id, '']) assert.equal(book.find(other), undefined);
    assert.equal(book.find('the-first-token-of-all')?.name, 'first-token');
  });

  it('uses a name once for ever', () => {
    const book = createTokenBook(memoryTokens(), first);
    const { view } = book.create(wanted('ci'), 'first-token');
    book.revoke(view.id, 'a');
    assert.throws(() => book.create(wanted('ci'), 'first-token'), /is or was a token called ci/);
    for (const name of ['first-token', 'vitrine', 'Vitrine', 'gateway', 'anonymous']) assert.throws(() => book.create(wanted(name), 'first-token'), /is or was/, 'what audits call by that name is no token');
  });

  it('ends a token when it is revoked and when its time is over', async () => {
    let now = 1_000_000;
    const book = createTokenBook(memoryTokens(), first, () => now);
    const revoked = book.create(wanted('revoked'), 'a');
    const grant = book.find(revoked.token);
    book.revoke(revoked.view.id, 'a');
    assert.deepEqual([grant?.ended.aborted, book.find(revoked.token)], [true, undefined]);
    const short = book.create(wanted('short', { expiresInDays: 0.05 / 86_400 }), 'a');
    const short2 = book.find(short.token);
    now += 50;
    assert.equal(book.find(short.token), undefined);
    await waitFor('its end', () => short2?.ended.aborted);
    assert.throws(() => book.revoke('nobody', 'a'), /there is no token/);
  });

  it('keeps tokens over a restart, as hashes only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-tokens-'));
    try {
      let journal = openJournal(folder);
      const made = createTokenBook(journal.tokens, first).create(wanted('kept'), 'a');
      const gone = createTokenBook(journal.tokens, first).create(wanted('gone'), 'a');
      createTokenBook(journal.tokens, first).revoke(gone.view.id, 'a');
      journal.close();
      journal = openJournal(folder);
      const book = createTokenBook(journal.tokens, first);
      assert.equal(book.find(made.token)?.name, 'kept');
      assert.equal(book.find(gone.token), undefined);
      const secret = made.token.split('_').at(-1) ?? '';
      for (const file of ['journal.sqlite', 'journal.sqlite-wal']) assert.ok(!(await readFile(join(folder, file)).catch(() => Buffer.alloc(0))).includes(secret), file);
      journal.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('roles', () => {
  it('grow: what a viewer may do, an operator may, and an admin', () => {
    assert.ok(scopesOfRole.viewer.every((scope) => scopesOfRole.operator.includes(scope)));
    assert.deepEqual([...scopesOfRole.admin].sort(), [...scopes].sort());
  });

  it('give the right to decide approvals to admins only', () => {
    assert.deepEqual(Object.entries(scopesOfRole).filter(([, given]) => given.includes('approvals:decide')).map(([role]) => role), ['admin']);
  });
});

describe('roles and routes', async () => {
  const api = await startFakeApi();
  after(() => api.server.close(200));
  const tokenOf = new Map<string, string>();
  for (const role of ['viewer', 'operator', 'admin'] as const) tokenOf.set(role, api.tokens.create(wanted(role, { role }), 'test').token);
  const table = (Object.entries(routes) as [string, RouteSpec][]).filter(([, spec]) => spec.scope !== 'open');
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    for (const [key, spec] of table) {
      const may = scopesOfRole[role].includes(spec.scope);
      it(`${role}: ${key} is ${may ? 'not refused' : 'refused'}`, async () => {
        const [method = '', path = ''] = key.split(' ');
        const response = await api.ask(path.replaceAll(/\{\w+\}/g, 'none'), { method, headers: { authorization: `Bearer ${tokenOf.get(role)}` }, ...(spec.body === undefined || spec.body === 'bytes' ? {} : { body: {} }) });
        assert.equal(response.status === 403, !may, `${response.status}`);
        await response.body?.cancel();
      });
    }
  }

  it('tells who asks', async () => {
    const me = await (await api.ask('/api/me', { headers: { authorization: `Bearer ${tokenOf.get('viewer')}` } })).json() as { name: string; scopes: string[]; mayDecideOwn: boolean };
    assert.deepEqual([me.name, me.mayDecideOwn], ['viewer', false]);
    const first = await (await api.ask('/api/me')).json() as { mayDecideOwn: boolean };
    assert.equal(first.mayDecideOwn, true, 'the first token decides about what it started itself');
    assert.ok(me.scopes.includes('runs:read') && !me.scopes.includes('runs:create'));
  });

  it('shows a new token once, and ends its event stream within 2 s of its revocation', async () => {
    const made = await (await api.ask('/api/tokens', { method: 'POST', body: { name: 'streamer', role: 'viewer' } })).json() as { token: string; view: { id: string } };
    assert.ok(!(await (await api.ask('/api/tokens')).text()).includes(made.token));
    const stream = await api.ask('/api/events', { headers: { authorization: `Bearer ${made.token}`, accept: 'text/event-stream' } });
    assert.equal(stream.status, 200);
    const revokedAt = performance.now();
    const read = (async () => {
      for await (const _chunk of stream.body ?? []) { /* until it ends */ }
    })();
    assert.equal((await api.ask(`/api/tokens/${made.view.id}`, { method: 'DELETE' })).status, 200);
    await read;
    assert.ok(performance.now() - revokedAt < 2000);
    assert.equal((await api.ask('/api/me', { headers: { authorization: `Bearer ${made.token}` } })).status, 401);
    assert.ok(!api.logged.join('\n').includes(made.token));
  });
});
