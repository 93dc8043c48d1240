import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAccess } from '../../controller/access/access.ts';
import type { AccessOptions } from '../../controller/access/access.ts';
import { createSessions } from '../../controller/access/sessions.ts';
import { oneToken } from '../../controller/access/tokens.ts';
import { VitrineError } from '../../controller/errors.ts';
import type { ErrorCode } from '../../controller/errors.ts';
import { Secret } from '../../controller/secret.ts';
import { memorySessions } from '../support/memory-sessions.ts';

const token = 'a-token-of-some-length';
const tokens = oneToken(new Secret(token));
const host = 'localhost:8080';

/** Access with a browser that is signed in, and how it asks: headers given as undefined are left out. */
function signedIn(options: Partial<AccessOptions> = {}) {
  const sessions = createSessions(memorySessions(), tokens);
  const access = createAccess({ tokens, sessions, allowedHosts: ['desk.example'], ...options });
  const asked = (method: string, headers: Readonly<Record<string, string | undefined>>) => ({
    method, address: 'a', headers: Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]]]))),
  });
  const at = options.isSecure === true ? 'desk.example' : host;
  const { cookie: written, grant } = access.signIn(token, asked('POST', { host: at }));
  const cookie = written.split(';')[0] ?? '';
  const own = { host: at, cookie, 'sec-fetch-site': 'same-origin', origin: `${options.isSecure === true ? 'https' : 'http'}://${at}`, 'x-vitrine': '1' };
  return {
    access, written, cookie, grant, asked,
    get: (headers: Readonly<Record<string, string | undefined>> = {}) => access.recognise(asked('GET', { ...own, origin: undefined, 'x-vitrine': undefined, ...headers })),
    change: (headers: Readonly<Record<string, string | undefined>> = {}, method = 'POST') => access.recognise(asked(method, { ...own, ...headers })),
  };
}

const coded = (code: ErrorCode) => (reason: unknown) => reason instanceof VitrineError && reason.code === code;

describe('a cookie', () => {
  it('is taken from a page that was made for the same person only', () => {
    const browser = signedIn();
    assert.equal(browser.get({ 'x-vitrine-as': 'first-token' }).name, 'first-token');
    for (const ask of [() => browser.get({ 'x-vitrine-as': 'ann' }), () => browser.change({ 'x-vitrine-as': 'ann' }), () => browser.change({ 'x-vitrine-as': '' })]) assert.throws(ask, coded('unauthorized'));
  });

  it('is read by no script, sent by no other site, and ends with the session', () => {
    assert.match(signedIn().written, /^vitrine=vts_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=28800$/);
    assert.match(signedIn({ isSecure: true }).written, /^__Host-vitrine=vts_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=28800$/);
  });

  it('speaks for its token, once its browser says that a page of its own asks', () => {
    const { get, change, grant } = signedIn();
    assert.deepEqual([get().name, get().session], ['first-token', grant.session]);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) assert.equal(change({}, method).name, 'first-token');
  });

  for (const [what, headers, code] of [
    ['no Origin', { origin: undefined }, 'forbidden'], ['a foreign Origin', { origin: 'http://evil.example' }, 'forbidden'], ['the Origin null', { origin: 'null' }, 'forbidden'],
    ['another port', { origin: 'http://localhost:9090' }, 'forbidden'], ['another scheme', { origin: 'https://localhost:8080' }, 'forbidden'], ['another name of this machine', { origin: 'http://127.0.0.1:8080' }, 'forbidden'],
    ['no x-vitrine', { 'x-vitrine': undefined }, 'forbidden'], ['another x-vitrine', { 'x-vitrine': '2' }, 'forbidden'],
    ['a token besides', { authorization: `Bearer ${token}` }, 'invalid_request'], ['a key besides', { 'x-api-key': token }, 'invalid_request'],
    ['a cookie that is none of ours', { cookie: 'vitrine=x' }, 'unauthorized'], ['two of them', { cookie: 'vitrine=x; a=b; vitrine=y' }, 'invalid_request'], ['no cookie', { cookie: 'other=x' }, 'unauthorized'],
  ] as const) {
    it(`changes nothing with ${what}`, () => {
      const { change } = signedIn();
      assert.throws(() => change(headers), coded(code));
    });
  }

  for (const [who, headers] of [
    ['a browser that does not say who asks', { 'sec-fetch-site': undefined }], ['another site', { 'sec-fetch-site': 'cross-site' }], ['another port', { 'sec-fetch-site': 'same-site' }],
    ['what a browser does by itself', { 'sec-fetch-site': 'none' }], ['a link elsewhere', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
  ] as const) {
    it(`reads nothing for ${who}`, () => {
      const { get } = signedIn();
      assert.throws(() => get(headers), coded('forbidden'));
    });
  }

  it('reads for a person who typed the address', () => {
    assert.equal(signedIn().get({ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }).name, 'first-token');
  });

  it('over https is another cookie, for another origin', () => {
    const { change, cookie } = signedIn({ isSecure: true });
    assert.equal(change().name, 'first-token');
    assert.throws(() => change({ origin: 'http://desk.example' }), coded('forbidden'));
    assert.throws(() => change({ cookie: cookie.replace('__Host-', '') }), coded('unauthorized'));
  });

  it('is not given where it would cross a network unprotected', () => {
    const { access, asked } = signedIn();
    for (const name of ['desk.example', 'desk.example:8080', 'localhost.evil.example', '']) assert.throws(() => access.signIn(token, asked('POST', { host: name })), coded('forbidden'), name);
    for (const name of ['localhost', '127.0.0.1:1', '[::1]:8080']) assert.equal(access.signIn(token, asked('POST', { host: name })).grant.name, 'first-token');
  });

  it('is as none where nobody has to say who asks; a token is not', () => {
    const { access, asked, cookie } = signedIn();
    const said = (headers: Readonly<Record<string, string>>) => access.recogniseIfSaid(asked('GET', { host, ...headers }))?.name;
    assert.equal(said({ cookie, 'sec-fetch-site': 'same-origin' }), 'first-token');
    for (const headers of [{}, { cookie }, { cookie: 'vitrine=x', 'sec-fetch-site': 'same-origin' }, { cookie: 'vitrine=x; vitrine=y' }]) assert.equal(said(headers as Record<string, string>), undefined);
    assert.throws(() => said({ authorization: 'Bearer wrong' }), coded('unauthorized'));
  });
});

describe('a link on another site', () => {
  const link = { host: [host], 'sec-fetch-site': ['cross-site'], 'sec-fetch-mode': ['navigate'], 'sec-fetch-dest': ['document'] };
  const { access } = signedIn();

  it('opens pages', () => {
    for (const path of ['/', '/runs/r-1', '/inbox?kind=approval', '/apiary']) access.admit(link, path, 'GET');
  });

  it('opens nothing of the API, frames nothing, and posts nothing', () => {
    for (const path of ['/api/runs', '/api', '/API/runs', '/v1/models', '/api?x=1']) assert.throws(() => access.admit(link, path, 'GET'), coded('forbidden'), path);
    for (const more of [{ 'sec-fetch-dest': ['iframe'] }, { 'sec-fetch-mode': ['no-cors'] }, { 'sec-fetch-dest': [] }, { origin: ['http://evil.example'] }]) assert.throws(() => access.admit({ ...link, ...more }, '/', 'GET'), coded('forbidden'));
    for (const method of ['POST', 'PUT', undefined]) assert.throws(() => access.admit(link, '/', method), coded('forbidden'));
  });
});
