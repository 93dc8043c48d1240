import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressProblem } from '../../controller/gate/address.ts';
import { canonicalHost, parseAuthority } from '../../controller/gate/host-name.ts';
import { covers, HostRule } from '../../controller/gate/host-rule.ts';

/** A policy of `allowed.com` and everything below `cdn.com`, both on 443: what passes it, and as what. */
const rules = [HostRule.parse({ host: 'allowed.com' }), HostRule.parse({ host: '*.cdn.com' })];

function passes(authority: string): string | undefined {
  const parsed = parseAuthority(authority);
  if ('problem' in parsed) return undefined;
  return rules.some((rule) => covers(rule, parsed.host, parsed.port)) ? `${parsed.host}:${parsed.port}` : undefined;
}

const hosts: readonly (readonly [string, string | undefined])[] = [
  ['allowed.com:443', 'allowed.com:443'],
  ['ALLOWED.com:443', 'allowed.com:443'],
  ['allowed.com.:443', 'allowed.com:443'],
  ['x.cdn.com:443', 'x.cdn.com:443'],
  ['a.b.cdn.com:443', 'a.b.cdn.com:443'],
  ['cdn.com:443', undefined],
  ['xcdn.com:443', undefined],
  ['evilallowed.com:443', undefined],
  ['allowed.com.evil.com:443', undefined],
  ['sub.allowed.com:443', undefined],
  ['allowed.com:80', undefined],
  ['allowed.com:0443', undefined],
  ['allowed.com:443 ', undefined],
  ['allowed.com:+443', undefined],
  ['allowed.com:4.43e2', undefined],
  ['allowed.com:65979', undefined],
  ['allowed.com', undefined],
  ['allowed.com..:443', undefined],
  ['evil.com\0.cdn.com:443', undefined],
  ['evil.com%00.cdn.com:443', undefined],
  ['allowed.com@evil.com:443', undefined],
  ['evil.com\\.cdn.com:443', undefined],
  ['[::1]:443', undefined],
  ['::1:443', undefined],
  ['127.1:443', undefined],
  ['0x7f.0.0.1:443', undefined],
  ['0x7f000001:443', undefined],
  ['0177.0.0.1:443', undefined],
  ['2130706433:443', undefined],
  ['169.254.43518:443', undefined],
  ['169.254.169.254:443', undefined],
  ['localhost:443', undefined],
  ['foo.localhost:443', undefined],
  ['allowed。com:443', undefined],
  ['аllowed.com:443', undefined],
  ['a..cdn.com:443', undefined],
  ['-x.cdn.com:443', undefined],
  ['*.cdn.com:443', undefined],
  ['allowed.com:443:443', undefined],
  ['allowed.com:443/path', undefined],
  ['vm:443', undefined],
  ['metadata.google.internal:443', undefined],
  [`${'a'.repeat(64)}.cdn.com:443`, undefined],
  ['under_score.cdn.com:443', 'under_score.cdn.com:443'],
];

const addresses: readonly (readonly [string, boolean])[] = [
  ['93.184.215.14', true], ['8.8.8.8', true], ['1.1.1.1', true], ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', true], ['2a00:1450:4001:82b::200e', true],
  ['10.0.0.1', false], ['172.16.5.4', false], ['192.168.1.1', false], ['127.0.0.1', false], ['127.255.255.254', false], ['0.0.0.0', false], ['0.1.2.3', false],
  ['169.254.169.254', false], ['100.64.0.1', false], ['100.100.100.200', false], ['192.0.0.192', false], ['198.18.0.1', false], ['192.0.2.1', false], ['198.51.100.7', false],
  ['203.0.113.9', false], ['224.0.0.1', false], ['240.0.0.1', false], ['255.255.255.255', false], ['168.63.129.16', false],
  ['::', false], ['::1', false], ['fe80::1', false], ['fe80::1%eth0', false], ['fd00:ec2::254', false], ['::ffff:93.184.215.14', false], ['::ffff:10.0.0.1', false], ['64:ff9b::8.8.8.8', false],
  ['64:ff9b:1::1', false], ['2002:7f00:1::', false], ['2001:0:53aa:64c::1', false], ['2001:db8::1', false], ['fec0::1', false], ['100::1', false], ['5f00::1', false], ['3fff::1', false], ['ff02::1', false], ['::93.184.215.14', false],
];

describe('the gate\'s vectors', () => {
  for (const [authority, expected] of hosts) {
    it(`${JSON.stringify(authority)} ${expected === undefined ? 'does not pass' : `passes as ${expected}`}`, () => {
      assert.equal(passes(authority), expected);
    });
  }

  for (const [address, isPublic] of addresses) {
    it(`${address} is ${isPublic ? 'dialled' : 'never dialled'}`, () => {
      assert.equal(addressProblem(address, new Set()) === undefined, isPublic);
    });
  }

  it('never dials an address of this machine, public or not', () => {
    assert.match(addressProblem('8.8.8.8', new Set(['8.8.8.8'])) ?? '', /address of this machine/);
    assert.match(addressProblem('2606:2800:021f:cb07:6820:80da:af6b:8b2c', new Set(['2606:2800:21f:cb07:6820:80da:af6b:8b2c'])) ?? '', /address of this machine/);
  });

  it('are many', () => {
    assert.ok(hosts.length >= 38 && addresses.length >= 36, `${hosts.length} hosts and ${addresses.length} addresses`);
    console.log(`gate vectors: ${hosts.length} hosts, ${addresses.length} addresses`);
  });

  it('canonical hosts mean the same to URL parsers, so that nobody reads another host than was judged', () => {
    fc.assert(fc.property(fc.oneof(fc.domain(), fc.string({ maxLength: 30 }), fc.webAuthority()), (text) => {
      const name = canonicalHost(text);
      if ('problem' in name) return;
      assert.equal(new URL(`http://${name.host}/`).hostname, name.host);
      assert.deepEqual(canonicalHost(name.host), name);
    }), { numRuns: 2000 });
  });
});

describe('rules of hosts', () => {
  for (const host of ['*', '*.com', '*.co.uk', '*.github.io', '*.*', 'foo*.com', '**.example.org', '10.0.0.1', 'localhost', 'https://allowed.com', '']) {
    it(`refuses ${JSON.stringify(host)}`, () => assert.equal(HostRule.safeParse({ host }).success, false));
  }

  it('keeps what it accepts in canonical form, port 443 unless others are named', () => {
    assert.deepEqual(HostRule.parse({ host: 'Files.Example.ORG.' }), { host: 'files.example.org', ports: [443] });
    assert.deepEqual(HostRule.parse({ host: '*.Example.org', ports: [80, 443] }), { host: '*.example.org', ports: [80, 443] });
  });
});
