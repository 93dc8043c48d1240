import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { NewToken } from '../../controller/access/token-book.ts';
import { fromOwnPage, rawAsk, signIn } from '../support/browser-session.ts';
import { startFakeApi, testToken } from '../support/fake-api.ts';
import { waitFor } from '../support/wait-for.ts';

type Api = Awaited<ReturnType<typeof startFakeApi>>;
type Page = Awaited<ReturnType<typeof signIn>>;

const by = { name: 'first-token', project: 'default' };
const wanted = (name: string, more: Partial<NewToken> = {}) => NewToken.parse({ name, role: 'viewer', ...more });

/** An event stream as an EventSource opens it from a page of Vitrine's own, but without a cookie. */
async function openStream(api: Api, path: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${api.url}${path}`, { headers: { accept: 'text/event-stream', 'sec-fetch-site': 'same-origin', ...headers } });
  const over = (async () => {
    try {
      for await (const _chunk of response.body ?? []) { /* until it ends */ }
      return 'ended';
    } catch {
      return 'cut';
    }
  })();
  return { status: response.status, over };
}

async function ticketFor(ask: Page['ask'], body: unknown): Promise<string> {
  const answer = await ask('/api/tickets', { method: 'POST', body });
  assert.equal(answer.status, 201, answer.text);
  return (answer.json() as { ticket: string }).ticket;
}

describe('an event stream with a ticket', () => {
  let api: Api;
  let page: Page;
  let runId: string;
  before(async () => {
    api = await startFakeApi();
    page = await signIn(api.url, testToken);
    runId = api.runs.create({ task: 'x' } as never, by).id;
  });
  after(() => api.server.close(200));

  it('opens once, for one stream', async () => {
    const ticket = await ticketFor(page.ask, { for: 'events' });
    const stream = await openStream(api, `/api/events?ticket=${ticket}`);
    assert.equal(stream.status, 200);
    assert.equal((await openStream(api, `/api/events?ticket=${ticket}`)).status, 401);
  });

  it('opens for one of two that come at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      const ticket = await ticketFor(page.ask, { for: 'events', run: runId });
      const both = await Promise.all([1, 2].map(() => openStream(api, `/api/runs/${runId}/events?ticket=${ticket}`)));
      assert.deepEqual(both.map(({ status }) => status).toSorted((a, b) => a - b), [200, 401]);
    }
  });

  it('goes on after Last-Event-ID with another ticket', async () => {
    const ended = api.runs.create({ task: 'y' } as never, by);
    api.runs.end(ended.id, 'succeeded');
    const ticket = await ticketFor(page.ask, { for: 'events', run: ended.id });
    const response = await fetch(`${api.url}/api/runs/${ended.id}/events?ticket=${ticket}&after=0`, { headers: { accept: 'text/event-stream' } });
    assert.match(await response.text(), /event: run\.ended/);
    const again = await ticketFor(page.ask, { for: 'events', run: ended.id });
    const resumed = await fetch(`${api.url}/api/runs/${ended.id}/events?ticket=${again}`, { headers: { accept: 'text/event-stream', 'last-event-id': String(api.runs.journal.length) } });
    assert.equal(resumed.status, 204);
  });

  it('is for one run where it was asked for one, and for all where it was not', async () => {
    assert.equal((await openStream(api, `/api/events?ticket=${await ticketFor(page.ask, { for: 'events', run: runId })}`)).status, 401);
    assert.equal((await openStream(api, `/api/runs/${runId}/events?ticket=${await ticketFor(page.ask, { for: 'events' })}`)).status, 401);
  });

  it('opens nothing but an event stream', async () => {
    for (const path of ['/api/runs', '/api/me', `/api/runs/${runId}`]) {
      const { status } = await rawAsk(`${api.url}${path}?ticket=${await ticketFor(page.ask, { for: 'events' })}`, { headers: { accept: 'text/event-stream' } });
      assert.equal(status, 401, path);
    }
    const ticket = await ticketFor(page.ask, { for: 'events' });
    assert.equal((await rawAsk(`${api.url}/api/events?ticket=${ticket}`, { headers: { accept: 'application/json' } })).status, 400);
  });

  it('is no token, and no ticket for the live view', async () => {
    api.desktops.add('d-1');
    const ticket = await ticketFor(page.ask, { for: 'events' });
    for (const headers of [{ authorization: `Bearer ${ticket}` }, { 'x-api-key': ticket }, fromOwnPage(api.url, `vitrine=${ticket}`)]) assert.equal((await rawAsk(`${api.url}/api/me`, { headers })).status, 401);
    assert.equal((await rawAsk(`${api.url}/api/session`, { method: 'POST', body: { token: ticket } })).status, 401);
    assert.equal((await openStream(api, `/api/events?ticket=${await ticketFor(page.ask, { for: 'view', desktop: 'd-1', mode: 'view' })}`)).status, 401);
  });

  it('comes alone, once, and from its own web origin', async () => {
    const ticket = await ticketFor(page.ask, { for: 'events' });
    assert.equal((await openStream(api, `/api/events?ticket=${ticket}`, { authorization: `Bearer ${testToken}` })).status, 400);
    assert.equal((await openStream(api, `/api/events?ticket=${ticket}&ticket=${ticket}`)).status, 401);
    assert.equal((await openStream(api, `/api/events?ticket=${ticket}`, { origin: 'http://evil.example' })).status, 403);
    assert.equal((await openStream(api, `/api/events?ticket=${ticket}`, { 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await openStream(api, `/api/events?ticket=${ticket}`, { cookie: page.cookie })).status, 200, 'a page that is signed in sends its cookie besides');
  });

  it('stands in no log', async () => {
    const ticket = await ticketFor(page.ask, { for: 'events' });
    await openStream(api, `/api/events?ticket=${ticket}`);
    await openStream(api, `/api/events?ticket=${ticket}`);
    const logged = api.logged.join('\n');
    assert.ok(logged.includes('"path":"/api/events"'));
    for (const secret of [ticket, testToken, page.cookie.split('=')[1] ?? '']) assert.ok(!logged.includes(secret));
  });
});

describe('asking for a ticket', () => {
  let api: Api;
  before(async () => {
    api = await startFakeApi();
    api.desktops.add('d-1');
  });
  after(() => api.server.close(200));
  const status = async (token: string, body: unknown) => (await api.ask('/api/tickets', { method: 'POST', body, headers: { authorization: `Bearer ${token}` } })).status;

  it('needs the right to what it opens, of the project that it belongs to', async () => {
    const tokenOf = (name: string, more: Partial<NewToken> = {}) => api.tokens.create(wanted(name, more), 'test').token;
    const [viewer, operator, stranger] = [tokenOf('viewer'), tokenOf('operator', { role: 'operator' }), tokenOf('stranger', { role: 'admin', project: 'blue' })];
    const lease = 'a-lease-of-somebody';
    api.runs.lease = lease;
    const runId = api.runs.create({ task: 'x' } as never, by).id;
    for (const [token, body, expected] of [
      [viewer, { for: 'events' }, 201], [viewer, { for: 'events', run: runId }, 201], [viewer, { for: 'view', desktop: 'd-1', mode: 'view' }, 201],
      [viewer, { for: 'view', desktop: 'd-1', mode: 'control', lease }, 403], [operator, { for: 'view', desktop: 'd-1', mode: 'control', lease }, 201],
      [viewer, { for: 'events', run: 'r-none' }, 404], [viewer, { for: 'view', desktop: 'd-none', mode: 'view' }, 404],
      [stranger, { for: 'view', desktop: 'd-1', mode: 'view' }, 404], [stranger, { for: 'view', desktop: 'd-1', mode: 'control', lease }, 404],
      [operator, { for: 'view', desktop: 'd-1', mode: 'control' }, 400], [viewer, { for: 'view', desktop: 'd-1' }, 400], [viewer, { for: 'view', desktop: 'd-1', mode: 'both' }, 400], [viewer, { for: 'files' }, 400], [viewer, {}, 400],
    ] as const) assert.equal(await status(token, body), expected, JSON.stringify(body));
  });

  it('is refused without anything that says who asks', async () => {
    assert.equal((await rawAsk(`${api.url}/api/tickets`, { method: 'POST', body: { for: 'events' } })).status, 401);
  });
});

describe('what a browser holds open', () => {
  /** Opens a stream by cookie and one by ticket, ends them by `end`, and tells how long that took. */
  async function cutBy(end: (api: Api, page: Page, tokenId: string) => Promise<{ readonly status: number }>): Promise<void> {
    await using api = await startFakeApi();
    const made = api.tokens.create(wanted('streamer', { role: 'admin' }), 'test');
    const [page, other] = [await signIn(api.url, made.token), await signIn(api.url, testToken)];
    const ticket = await ticketFor(page.ask, { for: 'events' });
    const unused = await ticketFor(page.ask, { for: 'events' });
    const streams = [await openStream(api, '/api/events', { cookie: page.cookie }), await openStream(api, `/api/events?ticket=${ticket}`)];
    const staying = await openStream(api, '/api/events', { cookie: other.cookie });
    assert.deepEqual([...streams, staying].map(({ status }) => status), [200, 200, 200]);
    await waitFor('all streams listen', () => api.runs.listeners === 3);
    const endedAt = performance.now();
    assert.ok((await end(api, page, made.view.id)).status < 300);
    assert.deepEqual(await Promise.all(streams.map(({ over }) => over)), ['ended', 'ended'], 'a proxy in between passes an end on');
    assert.ok(performance.now() - endedAt < 2000, `${performance.now() - endedAt} ms`);
    assert.equal((await page.ask('/api/me')).status, 401);
    assert.equal((await openStream(api, `/api/events?ticket=${unused}`)).status, 401, 'a ticket ends with what asked for it');
    await waitFor('nobody listens for them', () => api.runs.listeners === 1);
    assert.equal((await other.ask('/api/me')).status, 200, 'who is signed in elsewhere stays so');
  }

  it('ends within 2 s of signing out', () => cutBy(async (_api, page) => {
    const answer = await page.ask('/api/session', { method: 'DELETE' });
    assert.match(answer.headers['set-cookie']?.[0] ?? '', /^vitrine=; Path=\/; HttpOnly; SameSite=Strict; Max-Age=0$/);
    return answer;
  }));

  it('ends within 2 s of the revocation of its token', () => cutBy((api, _page, id) => api.ask(`/api/tokens/${id}`, { method: 'DELETE' })));

  it('ends when it revokes its own token, and is told so', () => cutBy((_api, page, id) => page.ask(`/api/tokens/${id}`, { method: 'DELETE' })));

  it('ends within 2 s for a client that takes nothing of it, too', async () => {
    await using api = await startFakeApi();
    const made = api.tokens.create(wanted('stalled'), 'test');
    const run = api.runs.create({ task: 'x' } as never, by);
    for (let count = 0; count < 300; count += 1) api.runs.tell(run.id, { type: 'note.added', from: 'person', by: 'x', text: 'x'.repeat(100_000), frameId: null });
    const client = connect(api.port, '127.0.0.1');
    client.on('error', () => {});
    client.write(`GET /api/events HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\nauthorization: Bearer ${made.token}\r\n\r\n`);
    await once(client, 'readable');
    client.pause();
    await waitFor('the stream listens', () => api.runs.listeners === 1);
    const revokedAt = performance.now();
    api.tokens.revoke(made.view.id, 'test');
    await waitFor('it has ended', () => api.runs.listeners === 0);
    assert.ok(performance.now() - revokedAt < 2000);
    client.destroy();
  });

  it('is not ended by a request with a token', async () => {
    await using api = await startFakeApi();
    const page = await signIn(api.url, testToken);
    assert.equal((await api.ask('/api/session', { method: 'DELETE' })).status, 400);
    assert.equal((await page.ask('/api/me')).status, 200);
  });
});
