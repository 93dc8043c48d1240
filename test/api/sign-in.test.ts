import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NewToken } from '../../controller/access/token-book.ts';
import { scopesOfRole } from '../../controller/access/scopes.ts';
import { routes } from '../../controller/api/contract.ts';
import type { RouteSpec } from '../../controller/api/contract.ts';
import { fromOwnPage, rawAsk, signIn } from '../support/browser-session.ts';
import { startGateway, token as gatewayToken } from '../gateway/gateway-world.ts';
import { startFakeApi, testToken } from '../support/fake-api.ts';

const table = (Object.entries(routes) as [string, RouteSpec][]).filter(([, spec]) => spec.scope !== 'open');
const addressOf = (key: string) => key.slice(key.indexOf(' ') + 1).replaceAll(/\{\w+\}/g, 'none');

describe('signing in', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  before(async () => { api = await startFakeApi(); });
  after(() => api.server.close(200));

  it('exchanges a token for a cookie that no script reads and no other site has sent', async () => {
    const { answer, written, ask } = await signIn(api.url, testToken);
    assert.match(written, /^vitrine=vts_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=28800$/);
    const me = answer.json() as { name: string; session: { expiresAt: number } };
    assert.equal(me.name, 'first-token');
    assert.ok(Math.abs(me.session.expiresAt - Date.now() - 8 * 3_600_000) < 60_000);
    assert.deepEqual((await ask('/api/me')).json(), me);
    assert.equal(((await api.ask('/api/me').then((response) => response.json())) as { session: unknown }).session, null, 'a token is no session');
  });

  it('writes the prefix __Host- and Secure where browsers come over https', async () => {
    await using secure = await startFakeApi({ isSecure: true, allowedHosts: ['desk.example'] });
    const headers = { host: 'desk.example', origin: 'https://desk.example', 'sec-fetch-site': 'same-origin' };
    const { headers: answered } = await rawAsk(`${secure.url}/api/session`, { method: 'POST', body: { token: testToken }, headers });
    const written = answered['set-cookie']?.[0] ?? '';
    assert.match(written, /^__Host-vitrine=vts_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=28800$/);
    const cookie = written.split(';')[0] ?? '';
    const change = (more: Record<string, string>) => rawAsk(`${secure.url}/api/tickets`, { method: 'POST', body: { for: 'events' }, headers: { ...headers, cookie, 'x-vitrine': '1', ...more } });
    assert.equal((await change({})).status, 201);
    assert.equal((await change({ origin: 'http://desk.example' })).status, 403, 'the same host without https is another origin');
    assert.equal((await rawAsk(`${secure.url}/api/me`, { headers: { ...headers, cookie: cookie.replace('__Host-', '') } })).status, 401, 'a cookie that any host could have set');
  });

  it('is refused where the cookie would cross a network unprotected', async () => {
    await using open = await startFakeApi({ allowedHosts: ['desk.example'] });
    const answer = await rawAsk(`${open.url}/api/session`, { method: 'POST', body: { token: testToken }, headers: { host: 'desk.example' } });
    assert.equal(answer.status, 403);
    assert.match(answer.text, /https, or on the loopback/);
    assert.equal(answer.headers['set-cookie'], undefined);
  });

  it('with a wrong token counts as a failure, and is slowed down', async () => {
    await using slow = await startFakeApi({ maxFailures: 3 });
    const attempt = (token: string) => rawAsk(`${slow.url}/api/session`, { method: 'POST', body: { token } });
    for (let count = 0; count < 3; count += 1) assert.equal((await attempt('wrong-token-0123456789')).status, 401);
    const refused = await attempt('wrong-token-0123456789');
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.equal((await attempt(testToken)).status, 200, 'the right one is never kept out');
    assert.ok(!slow.logged.join('\n').includes('wrong-token'));
  });

  for (const [what, headers, status] of [
    ['a page of another origin', { origin: 'http://evil.example' }, 403],
    ['a page of another port of this host', { origin: 'http://127.0.0.1:1' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another host name', { host: 'evil.example' }, 421],
    ['a form', { 'content-type': 'text/plain' }, 415],
  ] as const) {
    it(`is refused to ${what}`, async () => {
      const answer = await rawAsk(`${api.url}/api/session`, { method: 'POST', body: { token: testToken }, headers });
      assert.deepEqual([answer.status, answer.headers['set-cookie']], [status, undefined]);
    });
  }

  it('ends the session that the browser had before', async () => {
    const first = await signIn(api.url, testToken);
    const again = await rawAsk(`${api.url}/api/session`, { method: 'POST', body: { token: testToken }, headers: { cookie: first.cookie } });
    assert.equal(again.status, 200);
    assert.equal((await first.ask('/api/me')).status, 401);
  });
});

describe('the audit', () => {
  it('tells who signed in and out, from where, and gives nothing away', async () => {
    await using world = await startGateway([]);
    const page = await signIn(world.url, gatewayToken);
    assert.equal((await page.ask('/api/session', { method: 'DELETE' })).status, 204);
    const other = await signIn(world.url, gatewayToken);
    const { text } = await other.ask('/api/audit');
    const entries = (JSON.parse(text) as { entries: { what: string; who: string; from: string | null; subject: string; details: { reason?: string } }[] }).entries;
    assert.deepEqual(entries.map(({ what, who, from, details }) => [what, who, from, details.reason]), [
      ['session.create', 'first-token', '127.0.0.1', undefined], ['session.end', 'first-token', '127.0.0.1', 'signed out'], ['session.create', 'first-token', '127.0.0.1', undefined],
    ]);
    assert.equal(entries[0]?.subject, entries[1]?.subject);
    for (const secret of [gatewayToken, page.cookie.split('=')[1] ?? '', other.cookie.split('=')[1] ?? '']) assert.ok(!text.includes(secret));
  });
});

describe('a request with a cookie', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  let page: Awaited<ReturnType<typeof signIn>>;
  before(async () => {
    api = await startFakeApi();
    page = await signIn(api.url, testToken);
  });
  after(() => api.server.close(200));

  const forged: readonly [string, Readonly<Record<string, string | undefined>>, number][] = [
    ['no Origin', { origin: undefined }, 403],
    ['a foreign Origin', { origin: 'http://evil.example' }, 403],
    ['the Origin of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['the Origin of another scheme', { origin: 'https://HOST' }, 403],
    ['the Origin null', { origin: 'null' }, 403],
    ['no x-vitrine', { 'x-vitrine': undefined }, 403],
    ['another x-vitrine', { 'x-vitrine': 'true' }, 403],
    ['the word of the browser that another site asks', { 'sec-fetch-site': 'cross-site' }, 403],
    ['the word of the browser that another port of the host asks', { 'sec-fetch-site': 'same-site' }, 403],
    ['another Host', { host: 'evil.example' }, 421],
    ['a token besides', { authorization: `Bearer ${testToken}` }, 400],
    ['a token besides, as some clients send it', { 'x-api-key': testToken }, 400],
    ['another cookie of that name', { cookie: 'vitrine=a; vitrine=b' }, 400],
    ['a session that nobody has', { cookie: `vitrine=vts_${'A'.repeat(43)}` }, 401],
    ['a token as its cookie', { cookie: `vitrine=${testToken}` }, 401],
  ];
  for (const [what, headers, status] of forged) {
    it(`changes nothing with ${what}`, async () => {
      const before = api.runs.journal.length;
      const own = { ...headers, ...(headers['origin']?.includes('HOST') === true ? { origin: `https://127.0.0.1:${api.port}` } : {}) };
      const answer = await page.ask('/api/runs', { method: 'POST', body: { task: 'x' }, headers: own });
      assert.deepEqual([answer.status, api.runs.journal.length], [status, before], answer.text);
    });
  }

  it('changes something from a page of its own', async () => {
    const before = api.runs.journal.length;
    assert.equal((await page.ask('/api/runs', { method: 'POST', body: { task: 'x' } })).status, 201);
    assert.ok(api.runs.journal.length > before);
  });

  const reading: readonly [string, Readonly<Record<string, string | undefined>>, number][] = [
    ['a page of its own', {}, 200],
    ['a link on a page of its own', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, 200],
    ['a person who typed the address', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 200],
    ['something else that the browser does by itself', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'no-cors' }, 403],
    ['a browser that does not say who asks', { 'sec-fetch-site': undefined, 'sec-fetch-mode': undefined }, 403],
    ['another port of the host', { 'sec-fetch-site': 'same-site' }, 403],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a link on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, 403],
  ];
  for (const [who, headers, status] of reading) {
    it(`${status === 200 ? 'reads' : 'reads nothing'} for ${who}`, async () => {
      const answer = await page.ask('/api/runs', { headers });
      assert.equal(answer.status, status);
      if (status !== 200) assert.doesNotMatch(answer.text, /"runs"/);
    });
  }

  it('is none where a link on another site leads to a page', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    assert.equal((await rawAsk(`${api.url}/healthz`, { headers: link })).status, 200);
    for (const more of [{ 'sec-fetch-dest': 'iframe' }, { 'sec-fetch-mode': 'no-cors' }]) assert.equal((await rawAsk(`${api.url}/healthz`, { headers: { ...link, ...more } })).status, 403, JSON.stringify(more));
    assert.equal((await rawAsk(`${api.url}/healthz`, { method: 'POST', headers: link })).status, 403);
  });

  it('says nothing to whom it does not know on routes that are open', async () => {
    const checks = async (headers: Record<string, string>) => (await rawAsk(`${api.url}/readyz`, { headers })).json() as { checks?: unknown };
    assert.ok((await checks(fromOwnPage(api.url, page.cookie))).checks !== undefined);
    for (const headers of [{ cookie: page.cookie }, fromOwnPage(api.url, 'vitrine=old')]) assert.equal((await checks(headers)).checks, undefined);
  });
});

describe('sessions by role', async () => {
  const api = await startFakeApi();
  after(() => api.server.close(200));
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    const { token } = api.tokens.create(NewToken.parse({ name: `by-${role}`, role }), 'test');
    const page = await signIn(api.url, token);
    for (const [key, spec] of table) {
      if (key === 'DELETE /api/session') continue;
      const may = scopesOfRole[role].includes(spec.scope);
      it(`${role}: ${key} is ${may ? 'not refused' : 'refused'}`, async () => {
        const method = key.split(' ')[0] ?? '';
        const { status, text } = await page.ask(addressOf(key), { method, ...(spec.body === undefined || spec.body === 'bytes' ? {} : { body: {} }) });
        assert.equal(status === 403, !may, text);
        assert.ok(status !== 401 && status !== 500, text);
      });
      if (method(key) === 'GET') continue;
      it(`${role}: ${key} is refused without x-vitrine`, async () => {
        const { status } = await page.ask(addressOf(key), { method: method(key), headers: { 'x-vitrine': undefined } });
        assert.equal(status, 403);
      });
    }
  }
});

function method(key: string): string {
  return key.slice(0, key.indexOf(' '));
}
