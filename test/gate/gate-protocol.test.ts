import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openGate } from '../../controller/gate/gate.ts';
import { NetworkPolicy } from '../../controller/gate/network-policy.ts';
import { RateLimit } from '../../controller/gate/rate-limit.ts';
import { waitFor } from '../support/wait-for.ts';
import { clientHello, inRecords } from './client-hellos.ts';
import { openTunnel, openWorld, publicAddress, speak } from './gate-world.ts';
import type { GateWorld, WorldOptions } from './gate-world.ts';

const allow = { mode: 'allow', allow: [{ host: 'allowed.com', ports: [80, 443, 8443] }, { host: '*.cdn.com', ports: [443] }] };
const worlds: GateWorld[] = [];

async function world(options: Partial<WorldOptions> = {}): Promise<GateWorld> {
  const opened = await openWorld({ policy: allow, ...options });
  worlds.push(opened);
  return opened;
}

after(async () => {
  for (const opened of worlds) await opened.close();
});

/** Resolves when a socket is closed, however. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** A tunnel to a host with a TLS greeting that names `sni`; resolves with what came back. */
async function greet(opened: GateWorld, authority: string, hello: Buffer): Promise<{ readonly answer: string; readonly echoed: number }> {
  const { socket, answer } = await openTunnel(opened.port, authority);
  if (!answer.includes(' 200 ')) return { answer, echoed: 0 };
  let echoed = 0;
  socket.on('data', (chunk: Buffer) => void (echoed += chunk.length));
  socket.resume();
  socket.write(hello);
  await Promise.race([closing(socket), waitFor('the expected', () => echoed >= hello.length)]);
  socket.destroy();
  return { answer, echoed };
}

const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);
const get = (url: string, more = '') => `GET ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${more}Connection: close\r\n\r\n`;

describe('the gate, CONNECT', () => {
  it('lets through what the rules cover: the greeting arrives whole and is answered', async () => {
    const opened = await world();
    const hello = await clientHello('allowed.com');
    const { answer, echoed } = await greet(opened, 'allowed.com:443', hello);
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal(echoed, hello.length);
    assert.deepEqual(opened.dialled, [`${publicAddress}:443`]);
    assert.deepEqual(opened.received[0], hello);
    const decision = await waitFor('the expected', () => opened.decisions[0]);
    assert.deepEqual({ ...decision, ms: 0 }, { host: 'allowed.com', port: 443, kind: 'connect', verdict: 'allowed', rule: 'allowed.com:80,443,8443', reason: null, isQuiet: false, address: publicAddress, bytesUp: hello.length, bytesDown: hello.length, ms: 0 });
  });

  it('refuses another host with its reason in the phrase, and dials nothing', async () => {
    const opened = await world();
    const answer = await speak(opened.port, 'CONNECT evil.com:443 HTTP/1.1\r\nHost: evil.com:443\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 403 evil\.com:443 is not among what this desktop may reach\r\n/);
    assert.deepEqual([opened.dialled, opened.resolved], [[], []]);
  });

  for (const [name, sni] of [['another server name', 'evil.com'], ['a name below', 'x.allowed.com'], ['no server name', undefined]] as const) {
    it(`cuts TLS with ${name} before a byte has gone on`, async () => {
      const opened = await world();
      const { echoed } = await greet(opened, 'allowed.com:443', await clientHello(sni));
      assert.equal(echoed, 0);
      await waitFor('the expected', () => opened.decisions.length === 1);
      assert.match(opened.decisions[0]?.reason ?? '', /TLS names/);
      assert.equal(opened.received.reduce((sum, bytes) => sum + bytes.length, 0), 0);
    });
  }

  for (const size of [1, 7, 100]) {
    it(`reads the server name from a greeting in records of ${size} bytes`, async () => {
      const opened = await world();
      const hello = inRecords(await clientHello('allowed.com'), size);
      assert.equal((await greet(opened, 'allowed.com:443', hello)).echoed, hello.length);
    });
  }

  it('cuts what is not TLS on port 443', async () => {
    const opened = await world();
    assert.equal((await greet(opened, 'allowed.com:443', Buffer.from('GET / HTTP/1.1\r\n\r\n'))).echoed, 0);
    assert.match((await waitFor('the expected', () => opened.decisions[0])).reason ?? '', /not TLS/);
  });

  it('cuts the preface of HTTP/2 on port 443', async () => {
    const opened = await world();
    assert.equal((await greet(opened, 'allowed.com:443', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))).echoed, 0);
  });

  it('passes bytes as they are on a port that a rule names besides', async () => {
    const opened = await world();
    assert.equal((await greet(opened, 'allowed.com:8443', Buffer.from('anything'))).echoed, 8);
  });

  it('leads no tunnel to port 80, where each request is judged; nor asks anybody about one', async () => {
    const asked: string[] = [];
    const refused = /^HTTP\/1\.1 403 port 80 is for plain http, which goes without CONNECT/;
    const questions = { ask: async (host: string, port: number) => (asked.push(`${host}:${port}`), 'allow' as const) };
    for (const policy of [{ mode: 'allow', allow: [{ host: 'allowed.com', ports: [80, 443] }] }, { mode: 'open' }, { mode: 'ask' }]) {
      const opened = await world({ policy, questions });
      assert.match(await speak(opened.port, 'CONNECT allowed.com:80 HTTP/1.1\r\nHost: allowed.com:80\r\n\r\nGET / HTTP/1.1\r\nHost: evil.com\r\n\r\n'), refused);
      assert.deepEqual([opened.dialled, opened.requests.length, asked], [[], 0, []]);
      assert.equal((await waitFor('the decision', () => opened.decisions[0])).rule, 'plain');
      if (policy.mode !== 'ask') assert.match(await speak(opened.port, get('http://allowed.com/')), /hello from allowed\.com/);
    }
  });

  it('leads a tunnel to port 80 under a rule that says raw, and cuts it when that is taken back', async () => {
    const opened = await world({ policy: { mode: 'allow', allow: [{ host: 'allowed.com', ports: [80] }, { host: 'raw.com', ports: [80], raw: true }] } });
    const { socket, answer } = await openTunnel(opened.port, 'raw.com:80');
    assert.match(answer, /^HTTP\/1\.1 200 /);
    socket.resume();
    const closed = closing(socket);
    opened.gate.change(NetworkPolicy.parse({ mode: 'allow', allow: [{ host: 'raw.com', ports: [80] }] }), []);
    await closed;
    assert.match((await waitFor('the decision', () => opened.decisions[0])).reason ?? '', /rules of this desktop have changed/);
    assert.match(await speak(opened.port, 'CONNECT allowed.com:80 HTTP/1.1\r\nHost: allowed.com:80\r\n\r\n'), /^HTTP\/1\.1 403 /);
  });

  it('hands on what the client sent together with its CONNECT', async () => {
    const opened = await world();
    const got = await speak(opened.port, 'CONNECT allowed.com:8443 HTTP/1.1\r\nHost: allowed.com:8443\r\n\r\nearly', (text) => text.endsWith('early'));
    assert.match(got, /200[\s\S]*early$/);
  });

  it('keeps one half open when the other has ended', async () => {
    const opened = await world();
    const { socket } = await openTunnel(opened.port, 'allowed.com:8443');
    let got = '';
    socket.on('data', (chunk: Buffer) => void (got += chunk.toString()));
    socket.end('last words');
    socket.resume();
    await closing(socket);
    assert.equal(got, 'last words');
  });

  it('a CONNECT inside a tunnel is only bytes', async () => {
    const opened = await world();
    const { socket } = await openTunnel(opened.port, 'allowed.com:8443');
    socket.resume();
    socket.write('CONNECT evil.com:443 HTTP/1.1\r\n\r\n');
    await waitFor('the expected', () => opened.received[0]?.toString().startsWith('CONNECT evil.com'));
    socket.destroy();
    assert.deepEqual(opened.dialled, [`${publicAddress}:8443`]);
  });

  for (const authority of ['allowed.com', 'http://allowed.com:443', 'user@allowed.com:443', '127.0.0.1:443', '[::1]:443', 'allowed.com:443 evil.com:443']) {
    it(`refuses CONNECT ${authority}`, async () => {
      const opened = await world();
      assert.match(await speak(opened.port, `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`), /^HTTP\/1\.1 4\d\d /);
      assert.deepEqual(opened.dialled, []);
    });
  }
});

describe('the gate, plain http', () => {
  it('forwards a request and its answer, under the host that was judged', async () => {
    const opened = await world();
    const answer = await speak(opened.port, get('http://allowed.com/path?query', 'X-Forwarded-For: 10.0.0.1\r\nProxy-Authorization: Basic eDp5\r\nCookie: a=b\r\nVia: x\r\n'));
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(bodyOf(answer), /hello from allowed\.com\/path\?query/);
    const [request] = opened.requests;
    assert.deepEqual([request?.headers['cookie'], request?.headers['x-forwarded-for'], request?.headers['proxy-authorization'], request?.headers['via']], ['a=b', undefined, undefined, undefined]);
  });

  it('shows a page that says why a host is refused', async () => {
    const opened = await world();
    const answer = await speak(opened.port, get('http://evil.com/'));
    assert.match(answer, /^HTTP\/1\.1 403 /);
    assert.match(answer, /evil\.com:80 is not among what this desktop may reach/);
  });

  it('judges each request of a connection that is kept alive', async () => {
    const opened = await world();
    const answer = await speak(opened.port, 'GET http://allowed.com/1 HTTP/1.1\r\nHost: allowed.com\r\n\r\nGET http://evil.com/2 HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n');
    assert.match(answer, /200 OK[\s\S]*\/1[\s\S]*403 /);
    assert.equal(opened.requests.length, 1);
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['both Content-Length and Transfer-Encoding', 'POST http://allowed.com/ HTTP/1.1\r\nHost: allowed.com\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two Host headers', 'GET http://allowed.com/ HTTP/1.1\r\nHost: allowed.com\r\nHost: evil.com\r\nConnection: close\r\n\r\n'],
    ['a Host that differs from the request', 'GET http://allowed.com/ HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n'],
    ['a request that names no host', 'GET / HTTP/1.1\r\nHost: allowed.com\r\nConnection: close\r\n\r\n'],
    ['https without CONNECT', 'GET https://allowed.com/ HTTP/1.1\r\nHost: allowed.com\r\nConnection: close\r\n\r\n'],
    ['a header of more than 16 kB', `GET http://allowed.com/ HTTP/1.1\r\nHost: allowed.com\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`],
    ['a user in the URL', 'GET http://me@allowed.com/ HTTP/1.1\r\nHost: allowed.com\r\nConnection: close\r\n\r\n'],
  ];
  for (const [name, text] of malformed) {
    it(`refuses ${name}`, async () => {
      const opened = await world();
      assert.match(await speak(opened.port, text), /^HTTP\/1\.1 4\d\d /);
      assert.equal(opened.requests.length, 0);
    });
  }

  it('does not leave http when asked to upgrade', async () => {
    const opened = await world();
    await speak(opened.port, get('http://allowed.com/', 'Upgrade: websocket\r\n'));
    assert.equal(opened.requests[0]?.headers.upgrade, undefined);
  });
});

describe('the gate, names', () => {
  const spoiled: readonly (readonly [string, readonly string[]])[] = [
    ['a public and a private address', [publicAddress, '10.0.0.1']],
    ['a private address only', ['192.168.1.1']],
    ['a private IPv6 address only', ['fd00::1']],
    ['the metadata address', ['169.254.169.254']],
    ['an address of this machine', ['8.8.4.4']],
    ['a hundred addresses', Array.from({ length: 100 }, (_, index) => `93.184.215.${index}`)],
    ['nothing', []],
    ['what is no address', ['allowed.com\0']],
  ];
  for (const [name, addresses] of spoiled) {
    it(`refuses a name that resolves to ${name}`, async () => {
      const opened = await world({ own: ['8.8.4.4'] });
      opened.names.set('allowed.com', addresses);
      const { answer } = await openTunnel(opened.port, 'allowed.com:443');
      assert.match(answer, /^HTTP\/1\.1 403 /);
      assert.deepEqual(opened.dialled, []);
    });
  }

  it('dials the address that was checked, however the name resolves the next time', async () => {
    const opened = await world();
    let asked = 0;
    opened.names.set('allowed.com', () => ((asked += 1) === 1 ? [publicAddress] : ['127.0.0.1']));
    const first = await openTunnel(opened.port, 'allowed.com:8443');
    const second = await openTunnel(opened.port, 'allowed.com:8443');
    first.socket.destroy();
    assert.match(first.answer, / 200 /);
    assert.match(second.answer, / 403 /);
    assert.deepEqual([opened.dialled, asked], [[`${publicAddress}:8443`], 2]);
  });

  it('refuses what cannot be resolved in time', { timeout: 20_000 }, async () => {
    const opened = await world();
    opened.names.set('allowed.com', () => Promise.reject(new Error('NXDOMAIN')));
    assert.match((await openTunnel(opened.port, 'allowed.com:443')).answer, / 403 the name allowed\.com could not be resolved/);
  });

  it('reaches a private target that an administrator listed, there and on no other port', async () => {
    const opened = await world({ privateTargets: [{ host: 'allowed.com', address: '10.1.2.3', port: 8443 }] });
    opened.names.set('allowed.com', ['10.1.2.3']);
    const listed = await openTunnel(opened.port, 'allowed.com:8443');
    listed.socket.destroy();
    assert.match(listed.answer, / 200 /);
    assert.match((await openTunnel(opened.port, 'allowed.com:443')).answer, / 403 /);
    assert.deepEqual(opened.dialled, ['10.1.2.3:8443']);
  });

  it('reaches a private target where a rule names it, not where every public host is open', async () => {
    const opened = await world({ policy: { mode: 'open' }, privateTargets: [{ host: 'inside.com', address: '10.1.2.3', port: 443 }] });
    assert.match((await openTunnel(opened.port, 'inside.com:443')).answer, / 403 inside\.com is not on the public internet/);
    opened.gate.change(NetworkPolicy.parse({ mode: 'open' }), [{ host: 'inside.com', ports: [443] }]);
    const named = await openTunnel(opened.port, 'inside.com:443');
    named.socket.destroy();
    assert.match(named.answer, / 200 /);
    assert.deepEqual(opened.dialled, ['10.1.2.3:443']);
  });
});

describe('the gate, policies and limits', () => {
  for (const policy of [{ mode: 'none' }, { mode: 'allow', allow: [] }]) {
    it(`lets nothing through with ${JSON.stringify(policy)}`, async () => {
      const opened = await world({ policy });
      assert.match((await openTunnel(opened.port, 'allowed.com:443')).answer, / 403 /);
      assert.deepEqual(opened.resolved, []);
    });
  }

  it('open means public hosts on 80 and 443', async () => {
    const opened = await world({ policy: { mode: 'open' } });
    assert.match(await speak(opened.port, get('http://anything.org/')), / 200 /);
    assert.match((await openTunnel(opened.port, 'anything.org:22')).answer, / 403 port 22 is not open/);
    opened.names.set('inside.org', ['10.0.0.1']);
    assert.match((await openTunnel(opened.port, 'inside.org:443')).answer, / 403 /);
  });

  it('asks a person at the first contact, and goes by the answer', async () => {
    const asked: string[] = [];
    const opened = await world({ policy: { mode: 'ask', allow: [] }, questions: { ask: async (host, port) => {
      asked.push(`${host}:${port}`);
      return host === 'good.org' ? 'allow' : host === 'bad.org' ? 'deny' : 'waiting';
    } } });
    assert.match(await speak(opened.port, get('http://good.org/')), / 403 /, 'allowed by word only, the rules do not cover it');
    opened.gate.change(NetworkPolicy.parse({ mode: 'ask' }), [{ host: 'good.org', ports: [80] }]);
    assert.match(await speak(opened.port, get('http://good.org/')), / 200 /);
    assert.match(await speak(opened.port, get('http://bad.org/')), /a person refused bad\.org:80/);
    assert.match(await speak(opened.port, get('http://later.org/')), /waits for a person/);
    assert.deepEqual(asked, ['good.org:80', 'bad.org:80', 'later.org:80']);
  });

  it('refuses what browsers contact by themselves without a question', async () => {
    const opened = await world({ policy: { mode: 'ask', allow: [] }, questions: { ask: async () => assert.fail('nobody is asked') } });
    assert.match((await openTunnel(opened.port, 'update.googleapis.com:443')).answer, / 403 /);
    assert.equal((await waitFor('the expected', () => opened.decisions[0])).isQuiet, true);
  });

  it('cuts what is open when the rules do not cover it any more, and leaves the rest', async () => {
    const opened = await world();
    const { socket } = await openTunnel(opened.port, 'allowed.com:8443');
    socket.resume();
    const closed = closing(socket);
    opened.gate.change(NetworkPolicy.parse(allow), []);
    assert.equal(opened.gate.openCount, 1);
    opened.gate.change(NetworkPolicy.parse({ mode: 'allow', allow: [{ host: 'other.com' }] }), []);
    await closed;
    assert.match((await waitFor('the expected', () => opened.decisions[0])).reason ?? '', /rules of this desktop have changed/);
  });

  it('cuts at the budget of bytes, in both directions', async () => {
    for (const [name, budget] of [['maxUpBytes', /outgoing budget of 100000/], ['maxDownBytes', /incoming budget of 100000/]] as const) {
      const opened = await world({ policy: { ...allow, [name]: 100_000 } });
      const { socket } = await openTunnel(opened.port, 'allowed.com:8443');
      let got = 0;
      socket.on('data', (chunk: Buffer) => void (got += chunk.length));
      socket.resume();
      const closed = closing(socket);
      for (let sent = 0; sent < 40 && !socket.destroyed; sent += 1) socket.write(Buffer.alloc(16_384));
      await closed;
      assert.ok(got <= 100_000, `${got} bytes came back`);
      assert.match((await waitFor('the expected', () => opened.decisions[0])).reason ?? '', budget);
      assert.ok((opened.received[0]?.length ?? 0) <= 100_000 || name === 'maxDownBytes');
    }
  });

  it('cuts a connection on which nothing passes', async () => {
    const opened = await world({ idleMs: 200 });
    const { socket } = await openTunnel(opened.port, 'allowed.com:8443');
    socket.resume();
    await closing(socket);
    assert.match((await waitFor('the expected', () => opened.decisions[0])).reason ?? '', /nothing passed for 200 ms/);
  });

  it('slows down who opens too many', async () => {
    const opened = await world();
    const answers = await Promise.all(Array.from({ length: 300 }, () => speak(opened.port, get('http://allowed.com/')).catch(() => '')));
    const refused = answers.filter((answer) => answer.includes(' 429 '));
    assert.ok(refused.length > 0, 'none of 300 was refused');
    assert.ok(answers.filter((answer) => answer.includes(' 200 ')).length >= 100);
  });
});

describe('the rate of requests', () => {
  it('is a bucket: a first burst, then so many a second', () => {
    let now = 0;
    const rate = new RateLimit(20, 3, () => now);
    assert.deepEqual([rate.take(), rate.take(), rate.take(), rate.take()], [true, true, true, false]);
    now = 50;
    assert.deepEqual([rate.take(), rate.take()], [true, false]);
    now = 100_000;
    assert.deepEqual([rate.take(), rate.take(), rate.take(), rate.take()], [true, true, true, false]);
  });
});

describe('the gate, a hostile desktop', () => {
  /** A gate whose other end the test holds itself. */
  function bare() {
    const decisions: unknown[] = [];
    const gate = openGate({
      policy: NetworkPolicy.parse(allow), questions: { ask: async () => 'waiting' }, onDecision: (decision) => void decisions.push(decision),
      privateTargets: [], ownAddresses: () => new Set(), resolveNames: async () => ['127.0.0.1'],
    });
    const [inside, outside] = duplexPair();
    inside.on('error', () => {});
    gate.attach(outside);
    return { gate, inside, decisions };
  }

  for (const [name, bytes] of [
    ['garbage', Buffer.from('not http/2 at all, '.repeat(1000))],
    ['a preface and then garbage', Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(5000, 0xff)])],
    ['a flood of settings', Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ...Array.from({ length: 20_000 }, () => Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]))])],
    ['a flood of pings', Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), ...Array.from({ length: 20_000 }, () => Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]))])],
  ] as const) {
    it(`survives ${name}`, async () => {
      const { gate, inside } = bare();
      inside.resume();
      inside.write(bytes);
      await delay(50);
      inside.destroy();
      gate.close();
    });
  }

  it('survives streams that are opened and reset at once, and serves the next connection', async () => {
    const { gate, inside } = bare();
    const session = connectHttp2('http://gate', { createConnection: () => inside });
    session.on('error', () => {});
    await once(session, 'connect');
    for (let index = 0; index < 5000 && !session.destroyed; index += 1) {
      try {
        const stream = session.request({ ':method': 'CONNECT', ':authority': 'evil.com:443' });
        stream.on('error', () => {});
        stream.close(8);
      } catch {
        break; // The session was ended meanwhile, as it should be.
      }
      if (index % 500 === 0) await delay(1);
    }
    session.destroy();
    const [again, outside] = duplexPair();
    gate.attach(outside);
    const next = connectHttp2('http://gate', { createConnection: () => again });
    next.on('error', () => {});
    // What the flood has used up of the requests that a desktop may make in a second comes back with time.
    await waitFor('an answer by the rules', async () => {
      const [headers] = await once(next.request({ ':method': 'CONNECT', ':authority': 'evil.com:443' }), 'response');
      assert.ok([403, 429].includes(Number(headers[':status'])), `${headers[':status']}`);
      return headers[':status'] === 403;
    });
    next.destroy();
    gate.close();
  });

  it('refuses an extended CONNECT and a wrong scheme', async () => {
    const { gate, inside } = bare();
    const session = connectHttp2('http://gate', { createConnection: () => inside });
    const stream = session.request({ ':method': 'GET', ':scheme': 'https', ':authority': 'allowed.com', ':path': '/' });
    const [headers] = await once(stream, 'response');
    assert.equal(headers[':status'], 400);
    session.destroy();
    gate.close();
  });

  it('ends with the stream of the desktop', async () => {
    const opened = await world();
    const { socket } = await openTunnel(opened.port, 'allowed.com:8443');
    socket.resume();
    const closed = closing(socket);
    opened.gate.close();
    await closed;
    const refused = connect(opened.port, '127.0.0.1');
    refused.on('error', () => {});
    refused.destroy();
  });
});
