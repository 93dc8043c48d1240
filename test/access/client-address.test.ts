import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientAddress } from '../../controller/access/client-address.ts';
import { rawAsk } from '../support/browser-session.ts';
import { startFakeApi } from '../support/fake-api.ts';

describe('clientAddress', () => {
  for (const [sent, expected] of [
    [undefined, '127.0.0.1'], [['192.0.2.7'], '192.0.2.7'], [['203.0.113.9, 192.0.2.7'], '192.0.2.7'], [['203.0.113.9', '192.0.2.7'], '192.0.2.7'], [['2001:db8::7'], '2001:db8::7'],
    [[''], '127.0.0.1'], [['unknown'], '127.0.0.1'], [['192.0.2.7:4711'], '127.0.0.1'], [['192.0.2.7,'], '127.0.0.1'],
  ] as const) {
    it(`behind a proxy that says ${JSON.stringify(sent)} is ${expected}, and without one the socket's`, () => {
      assert.equal(clientAddress({ 'x-forwarded-for': sent }, '127.0.0.1', true), expected);
      assert.equal(clientAddress({ 'x-forwarded-for': sent }, '127.0.0.1', false), '127.0.0.1');
    });
  }
});

describe('failed sign-ins behind a proxy', () => {
  it('are counted for whom the proxy saw, whatever the client says before', async () => {
    await using api = await startFakeApi({ maxFailures: 2, isSecure: true, isBehindProxy: true });
    const attempt = async (seen: string) => (await rawAsk(`${api.url}/api/session`, { method: 'POST', body: { token: 'wrong-token-0123456789' }, headers: { 'x-forwarded-for': seen } })).status;
    assert.deepEqual([await attempt('10.0.0.1, 192.0.2.7'), await attempt('10.0.0.2, 192.0.2.7'), await attempt('10.0.0.3, 192.0.2.7')], [401, 401, 429]);
    assert.equal(await attempt('192.0.2.8'), 401);
  });
});
