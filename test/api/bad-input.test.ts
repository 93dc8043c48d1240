import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { after, before, describe, it } from 'node:test';
import { startFakeApi, startFakeApiWithDesktops, testToken } from '../support/fake-api.ts';

const click = (more: object) => ({ actions: [{ type: 'click', x: 1, y: 1, ...more }] });

/** Path, body, expected status, what the message must say. */
const refused: [string, string, unknown, number, RegExp?][] = [
  ['no task', '/api/runs', {}, 400, /body\.task/],
  ['an empty task', '/api/runs', { task: '  ' }, 400, /task/],
  ['an enormous task', '/api/runs', { task: 'x'.repeat(100_001) }, 400],
  ['an unknown field', '/api/runs', { task: 'x', surprise: 1 }, 400, /surprise/],
  ['a wrong type', '/api/runs', { task: 5 }, 400, /task/],
  ['a null', '/api/runs', { task: null }, 400],
  ['an array for a body', '/api/runs', [], 400],
  ['null for a body', '/api/runs', 'null', 400],
  ['a number for a body', '/api/runs', '5', 400],
  ['no body', '/api/runs', '', 400, /needs a JSON body/],
  ['broken JSON', '/api/runs', '{"task":', 400, /not valid JSON/],
  ['a byte order mark', '/api/runs', '\ufeff{"task":"x"}', 400],
  ['UTF-16', '/api/runs', Buffer.from('{"task":"x"}', 'utf16le'), 400],
  ['bad UTF-8', '/api/runs', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400],
  ['half a surrogate pair', '/api/runs', '{"task":"\\ud800"}', 400, /surrogate/],
  ['NUL in a string', '/api/runs', '{"task":"a\\u0000b"}', 400, /NUL/],
  ['deep nesting', '/api/runs', `{"task":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400, /nested/],
  ['a __proto__ key', '/api/runs', '{"task":"x","__proto__":{"a":1}}', 400, /__proto__/],
  ['a __proto__ key deep down', '/api/runs', '{"task":"x","metadata":{"__proto__":"1"}}', 400, /__proto__/],
  ['a constructor key', '/api/runs', '{"task":"x","metadata":{"constructor":"1"}}', 400, /constructor/],
  ['a body over 256 KiB', '/api/runs', { task: 'x', instructions: 'y'.repeat(300_000) }, 413],
  ['a zero budget', '/api/runs', { task: 'x', budgets: { maxSteps: 0 } }, 400, /maxSteps/],
  ['a negative budget', '/api/runs', { task: 'x', budgets: { maxTokens: -1 } }, 400, /maxTokens/],
  ['a budget of 1e999', '/api/runs', '{"task":"x","budgets":{"maxSteps":1e999}}', 400],
  ['a budget past 2^53', '/api/runs', '{"task":"x","budgets":{"maxSteps":9007199254740993}}', 400],
  ['a fractional budget', '/api/runs', { task: 'x', budgets: { maxSteps: 1.5 } }, 400],
  ['a model that does not exist', '/api/runs', { task: 'x', model: 'nobody' }, 400, /nobody/],
  ['an absurd display', '/api/runs', { task: 'x', display: { width: 10, height: 100_000 } }, 400, /display/],
  ['an absurd desktop', '/api/desktops', { display: { width: 0, height: 800 } }, 400, /display/],
  ['a desktop with an unknown field', '/api/desktops', { image: 'evil' }, 400, /image/],
  ['no actions', '/api/desktops/d-1/actions', { actions: [] }, 400],
  ['65 actions', '/api/desktops/d-1/actions', { actions: Array.from({ length: 65 }, () => ({ type: 'screenshot' })) }, 400],
  ['an unknown action', '/api/desktops/d-1/actions', { actions: [{ type: 'explode' }] }, 400, /actions\.0/],
  ['an action named constructor', '/api/desktops/d-1/actions', { actions: [{ type: 'constructor' }] }, 400],
  ['an unknown field of an action', '/api/desktops/d-1/actions', click({ speed: 9 }), 400, /speed/],
  ['a negative coordinate', '/api/desktops/d-1/actions', click({ x: -1 }), 400],
  ['a coordinate as text', '/api/desktops/d-1/actions', click({ x: '1' }), 400],
  ['a fractional coordinate', '/api/desktops/d-1/actions', click({ x: 1.5 }), 400],
  ['one coordinate alone', '/api/desktops/d-1/actions', { actions: [{ type: 'click', x: 1 }] }, 400, /both x and y/],
  ['an unknown key', '/api/desktops/d-1/actions', { actions: [{ type: 'key', keys: ['hyperspace'] }] }, 400, /unknown key/],
  ['empty text', '/api/desktops/d-1/actions', { actions: [{ type: 'type', text: '' }] }, 400],
  ['enormous text', '/api/desktops/d-1/actions', { actions: [{ type: 'type', text: 'x'.repeat(20_001) }] }, 400, /20000/],
  ['a capture region off the screen', '/api/desktops/d-1/actions', { actions: [{ type: 'screenshot' }], capture: { region: { x: 1200, y: 0, width: 200, height: 10 } } }, 422, /off the screen/],
  ['no program', '/api/desktops/d-1/programs', { argv: [] }, 400],
  ['a program as a shell line', '/api/desktops/d-1/programs', { argv: 'rm -rf /' }, 400],
  ['a program with a strange variable', '/api/desktops/d-1/programs', { argv: ['true'], env: { 'A=B': 'c' } }, 400],
  ['an empty message', '/api/runs/r-1/messages', { text: '' }, 400],
  ['a decision that is none', '/api/approvals/ap-1/decision', { decision: 'maybe' }, 400],
  ['a body where none belongs', '/api/runs/r-1/pause', { now: true }, 400, /takes no body/],
];

describe('a bad body', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  before(async () => {
    api = await startFakeApi();
    api.desktops.add('d-1');
  });
  after(() => api.server.close(200));

  for (const [what, path, body, status, words] of refused) {
    it(`is refused with ${status} and without effect: ${what}`, async () => {
      const response = await api.ask(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      const text = await response.text();
      assert.equal(response.status, status, text);
      const { error } = JSON.parse(text) as { error: { code: string; message: string } };
      assert.equal(typeof error.code, 'string');
      if (words !== undefined) assert.match(error.message, words);
      assert.ok(!text.includes('    at '), 'no stack');
      assert.deepEqual([api.runs.runs.size, api.runs.directCalls, api.desktops.launches.length], [0, 0, 0]);
    });
  }

  it('is refused with 415 when compressed or not JSON', async () => {
    const gzip = await api.ask('/api/runs', { method: 'POST', body: gzipSync('{"task":"x"}'), headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } });
    assert.equal(gzip.status, 415);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', '']) {
      assert.equal((await api.ask('/api/runs', { method: 'POST', body: Buffer.from('{"task":"x"}'), headers: { 'content-type': type } })).status, 415, type);
    }
    assert.equal(api.runs.runs.size, 0);
  });

  it('of exactly 256 KiB is read, one byte more is not', async () => {
    const sized = (bytes: number) => `{"task":"x"${' '.repeat(bytes - 12)}}`;
    assert.equal((await api.ask('/api/runs', { method: 'POST', body: sized(256 * 1024 + 1) })).status, 413);
    assert.equal((await api.ask('/api/runs', { method: 'POST', body: sized(256 * 1024) })).status, 201);
    api.runs.runs.clear();
  });
});

describe('a bad address', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  before(async () => {
    api = await startFakeApiWithDesktops();
  });
  after(() => api.server.close(200));

  const addresses: [string, number][] = [
    ['/api/nothing', 404], ['/', 404], ['/api', 404], ['/API/runs', 404], ['/api/runs/', 404], ['/api/runs/none', 404], ['/api/runs/none/replay', 404], ['/api/runs/none/events', 404],
    ['/api/runs/none/frames/f1', 404], ['/api/runs/none/frames/..%2f..%2fetc', 400], ['/api/runs/%zz', 400], [`/api/runs/${'x'.repeat(1000)}`, 400], ['/api/runs/ä', 404],
    ['/api/desktops/none', 404], ['/api/desktops/d-foreign', 404], ['/api/desktops/d-foreign/frame', 404], ['/api/desktops/__proto__', 404], ['/api/approvals/none', 404],
    ['/api/runs?limit=0', 400], ['/api/runs?limit=201', 400], ['/api/runs?limit=x', 400], ['/api/runs?limit=1&limit=2', 400], ['/api/runs?state=sleeping', 400], ['/api/runs?state=queued,failed', 200],
    ['/api/runs?token=abc', 400], ['/api/events?after=-1', 400], ['/api/events?after=1e3', 400],
    ['/api/desktops/d-1/frame?format=gif', 400], ['/api/desktops/d-1/frame?scale=0', 400], ['/api/desktops/d-1/frame?scale=2', 400], ['/api/desktops/d-1/frame?region=1,2,3', 400],
    ['/api/desktops/d-1/frame?region=0,0,0,0', 400], ['/api/desktops/d-1/frame?region=0,0,5000,10', 400], ['/api/desktops/d-1/frame?region=1200,0,100,10', 422], ['/api/desktops/d-1/frame?settle=yes', 400],
    ['/api/desktops/d-1/files/..%2f..%2fetc%2fpasswd', 400], ['/api/desktops/d-1/files/a/..%2f..%2fb', 400], ['/api/desktops/d-1/files/a%00b', 400], ['/api/desktops/d-1/files/none.txt', 404],
    ['/api/desktops/d-1/files?path=../x', 400], ['/api/desktops/d-1/files?limit=0', 400],
  ];
  for (const [address, status] of addresses) {
    it(`${address.slice(0, 60)} answers ${status}`, async () => {
      const response = await api.ask(address);
      const text = await response.text();
      assert.equal(response.status, status, text);
      if (status !== 200) assert.equal(typeof (JSON.parse(text) as { error: { message: string } }).error.message, 'string');
    });
  }

  it('does not tell anybody without a token what exists', async () => {
    for (const address of ['/api/nothing', '/api/runs/none', '/api/desktops/d-1']) assert.equal((await fetch(`${api.url}${address}`)).status, 401);
  });

  it('climbing out of home is refused on the raw wire too', async () => {
    const answer = await rawRequest(api.port, `GET /api/desktops/d-1/files/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${testToken}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /);
  });
});

describe('raw HTTP', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  before(async () => { api = await startFakeApi(); });
  after(() => api.server.close(200));

  const requests: [string, string, RegExp][] = [
    ['what is no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a foreign Host', 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 421 /],
    ['headers over 16 KiB', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(20_000)}\r\nConnection: close\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['two Authorization headers', 'GET /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['TRACE', 'TRACE /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 405 /],
    ['a preflight', 'OPTIONS /api/runs HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 403 /],
  ];
  for (const [what, request, expected] of requests) {
    it(`answers ${what} in words`, async () => {
      const answer = await rawRequest(api.port, request);
      assert.match(answer, expected);
      assert.doesNotMatch(answer, /access-control-allow/i);
    });
  }
});

/** Everything a server says to one raw request until it closes. */
async function rawRequest(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
