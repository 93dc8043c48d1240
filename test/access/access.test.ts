import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAccess } from '../../controller/access/access.ts';
import { createFailures } from '../../controller/access/failures.ts';
import { createSessions } from '../../controller/access/sessions.ts';
import { oneToken } from '../../controller/access/tokens.ts';
import { VitrineError } from '../../controller/errors.ts';
import { Secret } from '../../controller/secret.ts';
import { memorySessions } from '../support/memory-sessions.ts';

const token = 'a-token-of-some-length';
const tokens = oneToken(new Secret(token));
const sessions = createSessions(memorySessions(), tokens);
const access = createAccess({ tokens, sessions, allowedHosts: ['desk.example', 'desk.example.org:8443'] });

const coded = (code: string) => (reason: unknown) => reason instanceof VitrineError && reason.code === code;

describe('createAccess', () => {
  const hosts: [string[] | undefined, boolean][] = [
    [['127.0.0.1:8080'], true], [['localhost'], true], [['LOCALHOST:1'], true], [['[::1]:8080'], true], [['desk.example'], true], [['desk.example:99'], true], [['desk.example.org:8443'], true],
    [['desk.example.org:80'], false], [['desk.example.org'], false], [['evil.example'], false], [['127.0.0.1.evil.example'], false], [['localhost.evil.example:8080'], false], [['evil.example:127.0.0.1'], false], [[''], false], [undefined, false],
  ];
  for (const [host, isAllowed] of hosts) {
    it(`${isAllowed ? 'answers' : 'refuses'} the host ${String(host)}`, () => {
      if (isAllowed) access.admit({ host }, '/api/runs');
      else assert.throws(() => access.admit({ host }, '/api/runs'), coded('misdirected_request'));
    });
  }

  const origins: [Record<string, string>, boolean][] = [
    [{}, true], [{ origin: 'http://localhost:8080' }, true], [{ 'sec-fetch-site': 'same-origin' }, true], [{ 'sec-fetch-site': 'none' }, true],
    [{ origin: 'http://localhost:9090' }, false], [{ origin: 'http://localhost' }, false], [{ origin: 'null' }, false], [{ origin: 'http://evil.example' }, false], [{ origin: '' }, false],
    [{ origin: 'file://' }, false], [{ origin: 'http://localhost:8080/x' }, false], [{ origin: 'http://localhost:8080.evil.example' }, false], [{ 'sec-fetch-site': 'cross-site' }, false], [{ 'sec-fetch-site': 'same-site' }, false],
    [{ origin: 'http://localhost:8080', 'sec-fetch-site': 'cross-site' }, false],
  ];
  for (const [sent, isAllowed] of origins) {
    it(`${isAllowed ? 'answers' : 'refuses'} ${JSON.stringify(sent)}`, () => {
      const headers = { host: ['localhost:8080'], ...Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, [value]])) };
      if (isAllowed) access.admit(headers, '/');
      else assert.throws(() => access.admit(headers, '/'), coded('forbidden'));
    });
  }

  it('takes the default port of an origin for what it is', () => {
    access.admit({ host: ['localhost:80'], origin: ['http://localhost'] }, '/');
    assert.throws(() => access.admit({ host: ['localhost:80'], origin: ['https://localhost'] }, '/'), coded('forbidden'));
  });

  it('refuses a token in the URL and headers sent twice', () => {
    for (const url of ['/api/runs?token=x', '/api/runs?a=1&Access_Token=x', '/x?api_key=1', '/?%74oken=x']) assert.throws(() => access.admit({ host: ['localhost'] }, url), coded('invalid_request'));
    assert.throws(() => access.admit({ host: ['localhost', 'localhost'] }, '/'), coded('invalid_request'));
    assert.throws(() => access.authenticate({ authorization: [`Bearer ${token}`, 'Bearer other'] }, 'x'), coded('invalid_request'));
  });

  it('takes the token as x-api-key too, where no Authorization says otherwise', () => {
    assert.equal(access.authenticate({ 'x-api-key': [token] }, 'key').name, 'first-token');
    assert.throws(() => access.authenticate({ 'x-api-key': ['another-token-of-some-length'] }, 'key'), coded('unauthorized'));
    assert.throws(() => access.authenticate({ 'x-api-key': [token], authorization: ['Bearer another-token'] }, 'key'), coded('unauthorized'));
    assert.throws(() => access.authenticate({ 'x-api-key': [token, token] }, 'key'), coded('invalid_request'));
  });

  it('knows its token and no other', () => {
    assert.equal(access.authenticate({ authorization: [`Bearer ${token}`] }, 'x').name, 'first-token');
    for (const header of [`Bearer ${token}x`, `Bearer ${token.slice(1)}`, 'Bearer ', token, `Basic ${token}`, `Bearer ${token} more`, `Bearer ${token.toUpperCase()}`]) {
      assert.throws(() => access.authenticate({ authorization: [header] }, 'x'), coded('unauthorized'), header);
    }
    assert.throws(() => access.authenticate({}, 'x'), coded('unauthorized'));
  });

  it('refuses a scope that a token lacks, naming it', () => {
    assert.throws(() => access.authorize({ name: 'viewer', project: 'default', scopes: new Set(['runs:read']), mayDecideOwn: false, ended: new AbortController().signal }, 'approvals:decide'), /approvals:decide/);
  });
});

describe('createFailures', () => {
  it('slows an address that fails 20 times in a minute, never the right token, and no other address', () => {
    let now = 1000;
    const limited = createAccess({ tokens, sessions, allowedHosts: [], failures: createFailures(20, 60_000, () => now) });
    for (let attempt = 0; attempt < 20; attempt += 1) assert.throws(() => limited.authenticate({ authorization: ['Bearer wrong'] }, 'a'), coded('unauthorized'));
    assert.throws(() => limited.authenticate({ authorization: ['Bearer wrong'] }, 'a'), coded('too_many_requests'));
    assert.throws(() => limited.authenticate({ authorization: ['Bearer wrong'] }, 'b'), coded('unauthorized'));
    assert.equal(limited.authenticate({ authorization: [`Bearer ${token}`] }, 'a').name, 'first-token');
    now += 60_000;
    assert.throws(() => limited.authenticate({ authorization: ['Bearer wrong'] }, 'a'), coded('unauthorized'));
  });
});
