import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunNetwork } from '../../../controller/console/api/answers.ts';
import { allowing, readHost, withMode, without } from '../../../controller/console/network/network-change.ts';
import { contactsOf, recordedContacts, rulesOf, trafficOf } from '../../../controller/console/network/network-words.ts';
import { NetworkChange } from '../../../controller/api/shapes.ts';
import { NetworkPolicy } from '../../../controller/gate/network-policy.ts';
import { sampleApproval } from '../../support/sample-run.ts';

const total = (host: string, allowed: number, refused: number, bytesDown = 0) => ({ host, port: 443, allowed, refused, bytesUp: 10, bytesDown, reason: refused > 0 ? 'not among what this desktop may reach' : null });
const network: RunNetwork = {
  policy: NetworkPolicy.parse({ mode: 'ask', allow: [{ host: '*.example.org' }], maxUpBytes: 1000 }), allowed: [{ host: 'added.org', ports: [443] }], quiet: 3,
  questions: [sampleApproval('run-1.approval.1', 'run-1', { kind: 'network', calls: [], network: { host: 'new.org', port: 443 } })],
  hosts: [total('www.example.org', 2, 0, 500), total('added.org', 1, 1, 900), total('bad.org', 0, 4)],
};

describe('what a run asked for', () => {
  it('stands with the open question first, then what was refused, then what was reached', () => {
    assert.deepEqual(contactsOf(network).map(({ key, standing, isListed, approvalId }) => [key, standing, isListed, approvalId]), [
      ['new.org:443', 'asked', false, 'run-1.approval.1'], ['bad.org:443', 'refused', false, null], ['added.org:443', 'mixed', true, null], ['www.example.org:443', 'reached', false, null],
    ]);
    assert.deepEqual(trafficOf(network), { up: 30, down: 1400 });
    assert.deepEqual(rulesOf(network).map(({ key }) => key), ['policy *.example.org:443', 'person added.org:443']);
  });
});

describe('recordedContacts', () => {
  it('tells of each host once, from what was written down', () => {
    const contact = (host: string, verdict: 'allowed' | 'refused', reason: string | null = null) => ({ type: 'network.decided' as const, contact: { host, port: 443, kind: 'connect' as const, verdict, rule: 'ask', reason, address: null } });
    const contacts = recordedContacts([contact('a.org', 'allowed'), contact('b.org', 'refused', 'no'), contact('a.org', 'refused', 'cut'), { type: 'turn.ended', turn: 1 } as never]);
    assert.deepEqual(contacts.map(({ key, standing, reason, total: known }) => [key, standing, reason, known]), [['b.org:443', 'refused', 'no', null], ['a.org:443', 'mixed', 'cut', null]]);
  });
});

describe('a change of the way out', () => {
  const taken = (change: unknown) => NetworkChange.parse(change);

  it('adds one host and leaves everything else', () => {
    assert.deepEqual(taken(allowing('bad.org', [443])), { allow: [{ host: 'bad.org', ports: [443] }] });
  });

  it('takes one rule away and says all others again', () => {
    const [listed, added] = rulesOf(network);
    assert.ok(listed !== undefined && added !== undefined);
    const one = taken(without(network, listed));
    assert.deepEqual([one.policy?.mode === 'ask' && one.policy.allow, one.allow], [[], [{ host: 'added.org', ports: [443] }]]);
    const other = taken(without(network, added));
    assert.deepEqual([other.policy, other.allow], [network.policy, []]);
  });

  it('keeps lists and budgets from one way out to another', () => {
    assert.deepEqual(taken(withMode(network, 'allow')).policy, { ...network.policy, mode: 'allow' });
    const open = taken(withMode(network, 'open'));
    assert.deepEqual([open.policy?.mode === 'open' && open.policy.maxUpBytes, open.allow?.map(({ host }) => host)], [1000, ['*.example.org', 'added.org']]);
    assert.deepEqual(taken(withMode(network, 'none')), { policy: { mode: 'none' } });
  });
});

describe('readHost', () => {
  it('reads a host as people write it, and nothing that cannot be one', () => {
    assert.deepEqual(readHost(' Example.org '), { host: 'example.org', ports: [443] });
    assert.deepEqual(readHost('*.example.org:80, 443'), { host: '*.example.org', ports: [80, 443] });
    assert.deepEqual(readHost('http://example.org/'), { host: 'example.org', ports: [80] });
    assert.deepEqual([readHost(''), readHost('two words'), readHost('example.org:99999'), readHost('example.org/path')], [undefined, undefined, undefined, undefined]);
  });
});
