import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWithin } from '../../controller/gate/is-within.ts';
import { NetworkPolicy } from '../../controller/gate/network-policy.ts';

const none = NetworkPolicy.parse({ mode: 'none' });
const open = NetworkPolicy.parse({ mode: 'open' });
const openUpTo = (budgets: object) => NetworkPolicy.parse({ mode: 'open', ...budgets });
const allow = (...hosts: string[]) => NetworkPolicy.parse({ mode: 'allow', allow: hosts.map(rule) });
const ask = (...hosts: string[]) => NetworkPolicy.parse({ mode: 'ask', allow: hosts.map(rule) });
const rule = (text: string) => {
  const [host = '', ports] = text.split(':');
  return { host, ...(ports === undefined ? {} : { ports: ports.split(',').map(Number) }) };
};

describe('isWithin', () => {
  it('compares what policies let through, and whom they ask', () => {
    for (const [policy, bound, expected] of [
      [none, none, true], [none, open, true], [allow(), none, false], [ask(), none, false], [open, none, false],
      [allow('a.org'), allow('a.org'), true], [allow('a.org'), allow('b.org'), false], [allow('a.org', 'b.org'), allow('a.org'), false], [allow('a.org:443,8443'), allow('a.org'), false],
      [allow('a.org'), allow('a.org:80,443'), true], [allow('a.org:80,443'), allow('a.org:80', 'a.org:443'), true], [allow('x.a.org'), allow('*.a.org'), true], [allow('*.x.a.org'), allow('*.a.org'), true], [allow('*.a.org'), allow('*.x.a.org'), false],
      [allow('a.org'), allow('*.a.org'), false], [allow('*.a.org'), allow('any.a.org'), false], [allow('*.a.org'), allow('a.org'), false], [allow('*.bada.org'), allow('*.a.org'), false],
      [ask('a.org'), allow('a.org'), false], [ask('a.org'), ask('a.org', 'b.org'), true], [allow('c.org'), ask('a.org'), false], [allow('a.org'), ask('a.org'), true],
      [open, open, true], [open, ask('a.org'), false], [allow('a.org'), open, true], [allow('a.org:22'), open, false], [ask(), open, false],
    ] as const) assert.equal(isWithin(policy, bound), expected, JSON.stringify([policy, bound]));
  });

  it('takes a rule that lets tunnels through to port 80 for wider than one that does not', () => {
    const raw = (host: string, ports: number[]) => NetworkPolicy.parse({ mode: 'allow', allow: [{ host, ports, raw: true }] });
    assert.equal(isWithin(raw('a.org', [80]), allow('a.org:80')), false);
    assert.equal(isWithin(raw('a.org', [80]), open), false);
    assert.equal(isWithin(raw('a.org', [80, 443]), NetworkPolicy.parse({ mode: 'allow', allow: [{ host: 'a.org', ports: [80, 443] }, { host: '*.a.org', ports: [80], raw: true }] })), false);
    assert.equal(isWithin(raw('a.org', [80]), raw('a.org', [80, 443])), true);
    assert.equal(isWithin(allow('a.org:80'), raw('a.org', [80])), true);
    assert.equal(isWithin(raw('a.org', [443]), allow('a.org')), true, 'there it says nothing');
  });

  it('takes no private target for part of what is open', () => {
    const targets = [{ host: 'wiki.a.org', port: 443 }];
    for (const [policy, bound, expected] of [
      [allow('wiki.a.org'), open, false], [allow('*.a.org'), open, false], [allow('wiki.a.org:80'), open, true], [allow('b.org'), open, true], [open, open, true],
      [allow('wiki.a.org'), allow('wiki.a.org'), true], [allow('wiki.a.org'), allow('*.a.org'), true],
    ] as const) assert.equal(isWithin(policy, bound, targets), expected, JSON.stringify([policy, bound]));
  });

  it('compares how much may pass', () => {
    assert.equal(isWithin(openUpTo({ maxUpBytes: 2 ** 40 }), open), false);
    assert.equal(isWithin(openUpTo({ maxDownBytes: 2 ** 40 }), open), false);
    assert.equal(isWithin(openUpTo({ maxUpBytes: 1 }), open), true);
  });
});
