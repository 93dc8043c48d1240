import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { connect } from 'node:net';
import type { MemoryDesktop } from '../support/memory-desktops.ts';
import { startFakeApi } from '../support/fake-api.ts';
import { waitFor } from '../support/wait-for.ts';
import { keyEvent, pointerEvent, RfbClient, setEncodings, updateRequest } from '../view/support/rfb-client.ts';
import type { RfbClientOptions } from '../view/support/rfb-client.ts';

const handshake = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([1, 1])]);
const lease = 'lease-0123456789abcdef';

describe('the socket of the live view', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  let desktop: MemoryDesktop;
  let address: string;
  let count = 0;
  const opened: RfbClient[] = [];
  before(async () => { api = await startFakeApi(); });
  after(() => api.server.close(2000));
  beforeEach(() => {
    count += 1;
    desktop = api.desktops.add(`d-${count}`);
    address = `${api.url}/api/desktops/d-${count}/view`;
    api.runs.lease = lease;
  });
  afterEach(() => { for (const client of opened.splice(0)) client[Symbol.dispose](); });

  const tokenOf = (role: 'viewer' | 'operator', project = 'default') => api.tokens.create({ name: `${role}-${Math.random().toString(36).slice(2)}`, role, scopes: [], project, expiresInDays: 1 }, 'test');
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const own = bearer('test-token-0123456789');
  async function open(options: RfbClientOptions = {}): Promise<RfbClient> {
    const client = await RfbClient.connect(address, { headers: own, ...options });
    opened.push(client);
    return client;
  }
  const inControl = (headers: Record<string, string> = own) => open({ mode: 'control', headers: { ...headers, 'x-vitrine-lease': lease } });
  const server = (index = 0): Promise<Duplex> => waitFor('the view is opened', () => desktop.views[index]?.stream);
  /** Everything that the view server is sent. */
  function received(stream: Duplex): { bytes: Buffer } {
    const all = { bytes: Buffer.alloc(0) as Buffer };
    stream.on('data', (chunk: Buffer) => (all.bytes = Buffer.concat([all.bytes, chunk])));
    return all;
  }
  const ticketFor = async (body: object, headers: Record<string, string> = {}) => {
    const response = await api.ask('/api/tickets', { method: 'POST', body, headers });
    assert.ok(response.ok, `${response.status}`);
    return ((await response.json()) as { ticket: string }).ticket;
  };

  it('carries bytes both ways, and what may pass of a watcher alone', async () => {
    const client = await open();
    assert.equal(client.socket.protocol, 'vitrine.v1');
    const stream = await server();
    const all = received(stream);
    const shown = once(client.socket, 'message');
    stream.write('RFB 003.008\n');
    assert.equal(String((await shown)[0]), 'RFB 003.008\n');
    client.send(handshake);
    client.send(setEncodings(7));
    client.send(updateRequest(false));
    await waitFor('what passes', () => all.bytes.length === handshake.length + 8 + 10);
    client.send(keyEvent(97, true));
    assert.deepEqual(await client.closed(), { code: 1008, reason: 'this connection may only watch: KeyEvent is refused' });
    await waitFor('the end of the stream', () => stream.destroyed || stream.readableEnded);
    assert.equal(all.bytes.length, handshake.length + 8 + 10, 'and nothing of the key');
  });

  it('takes text messages and what a client sends before it is spoken to for what they are', async () => {
    const text = await open();
    text.socket.send('hello');
    assert.deepEqual(await text.closed(), { code: 1008, reason: 'messages of the live view are binary' });
    const early = await open();
    early.send(Buffer.concat([handshake, pointerEvent(1, 1, 1)]));
    assert.equal((await early.closed()).code, 1008);
    const large = await open();
    large.send(Buffer.alloc(65_537));
    assert.equal((await large.closed()).code, 1009, 'larger than 64 KiB');
    await waitFor('every stream is let go', () => desktop.views.length === 3 && desktop.views.every(({ stream }) => stream.destroyed || stream.readableEnded || stream.resume().readableEnded));
  });

  it('gives input in control while the lease is in force, and nothing after', async () => {
    const client = await inControl();
    const all = received(await server());
    client.send(handshake);
    client.send(keyEvent(97, true));
    await waitFor('the key', () => all.bytes.length === handshake.length + 8);
    api.runs.passControl(false);
    client.send(keyEvent(98, true));
    assert.deepEqual(await client.closed(), { code: 1008, reason: 'control has passed on: no more input is taken' });
    assert.equal(all.bytes.length, handshake.length + 8);
    assert.equal(desktop.released, 0, 'passing control has released what was held');
  });

  it('releases what is held when a client in control goes without having given back', async () => {
    const client = await inControl();
    const all = received(await server());
    client.send(Buffer.concat([handshake, pointerEvent(5, 5, 1)]));
    await waitFor('the press', () => all.bytes.length === handshake.length + 6);
    client[Symbol.dispose]();
    await waitFor('the release', () => desktop.released === 1);
  });

  it('asks for the lease and the right to give input, and tells the audit', async () => {
    await assert.rejects(open({ mode: 'control' }), /^Error: 400 .*take control first/);
    await assert.rejects(open({ mode: 'control', headers: { ...own, 'x-vitrine-lease': 'somebody-elses-lease' } }), /^Error: 409 /);
    await assert.rejects(inControl(bearer(tokenOf('viewer').token)), /^Error: 403 .*control:take/);
    assert.equal(desktop.views.length, 0);
    await open({ headers: bearer(tokenOf('viewer').token) });
    const operator = tokenOf('operator');
    await inControl(bearer(operator.token));
    const told = await waitFor('the audit', () => api.deeds.find(({ who, what }) => who === operator.view.name && what.endsWith('/view (control)')));
    assert.equal(told.subject, desktop.id);
  });

  it('is refused before the upgrade: wrong host, foreign or opaque origin, no token, a token in the URL, another protocol, another project, no such desktop', async () => {
    const cases: [RfbClientOptions, RegExp, string?][] = [
      [{ headers: { ...own, host: 'evil.example' } }, /^Error: 421 /], [{ headers: { ...own, origin: 'http://evil.example' } }, /^Error: 403 /], [{ headers: { ...own, origin: 'null' } }, /^Error: 403 /],
      [{ headers: { ...own, 'sec-fetch-site': 'cross-site' } }, /^Error: 403 /], [{ headers: {} }, /^Error: 401 /], [{ headers: bearer('wrong-token-0123456789') }, /^Error: 401 /], [{ headers: {} }, /^Error: 400 .*URL/, `${address}?token=test-token-0123456789`],
      [{ headers: own, protocols: ['binary'] }, /^Error: 400 .*vitrine\.v1/], [{ headers: bearer(tokenOf('operator', 'other').token) }, /^Error: 404 /], [{ headers: own }, /^Error: 404 /, `${api.url}/api/desktops/d-none/view`],
    ];
    for (const [options, message, url = address] of cases) await assert.rejects(RfbClient.connect(url, options), message);
    assert.equal(desktop.views.length, 0);
    const plain = await api.ask(`/api/desktops/${desktop.id}/view`);
    assert.equal(plain.status, 404, 'asked for without an upgrade it is no page');
  });

  it('takes a ticket once, for its desktop and its mode alone, from the origin that asked for it', async () => {
    const origin = api.url;
    const other = api.desktops.add(`${desktop.id}-other`);
    const asked = { for: 'view', desktop: desktop.id, mode: 'view' };
    const withTicket = (ticket: string, headers: Record<string, string> = { origin }) => open({ headers, protocols: ['vitrine.v1', `ticket.${ticket}`] });
    const ticket = await ticketFor(asked, { origin });
    const client = await withTicket(ticket);
    assert.equal(client.socket.protocol, 'vitrine.v1', 'the ticket is not said back');
    await assert.rejects(withTicket(ticket), /^Error: 401 .*ticket/, 'a second time');
    await assert.rejects(withTicket(await ticketFor(asked, { origin }), {}), /^Error: 401 /, 'without the origin');
    await assert.rejects(withTicket(await ticketFor({ ...asked, desktop: other.id }, { origin })), /^Error: 401 /, 'for another desktop');
    await assert.rejects(withTicket(await ticketFor({ for: 'events' }, { origin })), /^Error: 401 /, 'for events');
    await assert.rejects(withTicket('test-token-0123456789'), /^Error: 401 /, 'a token is no ticket');
    const racing = await ticketFor(asked, { origin });
    const race = await Promise.allSettled([withTicket(racing), withTicket(racing)]);
    assert.deepEqual(race.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);

    const watching = await open({ headers: { origin, 'x-vitrine-lease': lease }, mode: 'control', protocols: ['vitrine.v1', `ticket.${await ticketFor(asked, { origin })}`] });
    watching.send(Buffer.concat([handshake, keyEvent(97, true)]));
    assert.equal((await watching.closed()).code, 1008, 'a ticket to watch is none to give input, whatever the URL says');
    assert.ok(!api.logged.some((line) => line.includes(ticket) || line.includes(racing)));
  });

  it('ends within two seconds when its token is revoked, control passes, the desktop goes, and the view server dies', async () => {
    const { token, view } = tokenOf('operator');
    const revoked = await open({ headers: bearer(token) });
    await server(0);
    const control = await inControl();
    await server(1);
    const started = performance.now();
    api.tokens.revoke(view.id, 'test');
    assert.equal((await revoked.closed()).code, 4003);
    api.runs.passControl();
    assert.deepEqual(await control.closed(), { code: 4001, reason: 'control has passed on' });
    const lost = await open();
    (await server(2)).destroy();
    assert.equal((await lost.closed()).code, 4011);
    const gone = await open();
    await server(3);
    for (const listener of desktop.endListeners) listener({ kind: 'released', reason: 'done' });
    assert.deepEqual(await gone.closed(), { code: 4010, reason: 'the desktop is gone: done' });
    assert.ok(performance.now() - started < 2000 + 2000, 'all of them');
    await waitFor('nobody listens any more', () => desktop.endListeners.size === 0);
  });

  it('seats 20 watchers in front of a desktop; who is in control needs no seat of theirs, and who leaves makes room', async () => {
    for (let index = 0; index < 20; index += 1) await open();
    await assert.rejects(open(), /^Error: 429 .*20 live views/);
    await inControl();
    await assert.rejects(open(), /^Error: 429 .*20 live views/);
    opened[3]?.[Symbol.dispose]();
    await waitFor('a seat', () => open().then(() => true, () => false));
  });

  it('does not keep a request for another upgrade waiting', async () => {
    const socket = connect(api.port, '127.0.0.1');
    socket.write(`GET /healthz HTTP/1.1\r\nhost: localhost:${api.port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    assert.match(answer.toString(), /^HTTP\/1\.1 200 /, 'it is answered as if none had been asked for');
  });
});

describe('a controller that stops', () => {
  it('ends live views', async () => {
    const api = await startFakeApi();
    api.desktops.add('d-1');
    const client = await RfbClient.connect(`${api.url}/api/desktops/d-1/view`, { headers: { authorization: 'Bearer test-token-0123456789' } });
    await api.server.close(5000);
    assert.equal((await client.closed()).code, 1001);
  });

  for (const [what, request] of [['was refused a view', 'GET /api/desktops/d-1/view HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'], ['sent no valid HTTP', 'HELLO\r\n\r\n']] as const) {
    it(`does not wait for a client that ${what} and does not hang up`, { timeout: 10_000 }, async (test) => {
      const api = await startFakeApi();
      const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true });
      test.after(() => socket.destroy());
      socket.write(request);
      assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 40[01] /);
      await api.server.close(60_000);
    });
  }
});

describe('thumbnails', () => {
  it('are small pictures for whoever may see the desktop, whoever is in control, and are not sent twice', async () => {
    await using api = await startFakeApi();
    api.desktops.add('d-1');
    api.runs.lease = lease;
    const first = await api.ask('/api/desktops/d-1/thumbnail');
    assert.deepEqual([first.status, first.headers.get('content-type'), first.headers.get('cache-control')], [200, 'image/jpeg', 'private, no-cache']);
    const again = await api.ask('/api/desktops/d-1/thumbnail', { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    assert.deepEqual([again.status, (await again.arrayBuffer()).byteLength, again.headers.get('etag')], [304, 0, first.headers.get('etag')]);
    assert.equal((await api.ask('/api/desktops/d-none/thumbnail')).status, 404);
  });
});
