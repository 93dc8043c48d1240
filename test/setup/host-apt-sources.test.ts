import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { debianLines, parseAptSources } from '../../controller/setup/host-apt-sources.ts';

const oneLine = `# a comment
deb [arch=arm64 signed-by=/k.gpg] http://mirror.test/debian bookworm main contrib
deb-src http://mirror.test/debian bookworm main
deb http://security.test/debian-security bookworm-security main
deb https://vendor.test/apt vendor-bookworm main
`;
const deb822 = `Types: deb
# http://snapshot.test
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://security.test/debian-security
Suites: bookworm-security

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: bookworm
`;
const wanted = [
  'deb http://mirror.test/debian trixie main',
  'deb http://mirror.test/debian trixie-updates main',
  'deb http://security.test/debian-security trixie-security main',
];

describe('debianLines', () => {
  it('names the mirrors of one-line sources for another suite', () => {
    assert.deepEqual(debianLines(parseAptSources(oneLine), 'trixie'), wanted);
  });

  it('names the mirrors of deb822 sources and skips the disabled', () => {
    assert.deepEqual(debianLines(parseAptSources(deb822), 'trixie'), wanted);
  });

  it('names nothing where the host uses no Debian mirror', () => {
    assert.deepEqual(debianLines(parseAptSources('deb http://ubuntu.test/ubuntu noble main\n'), 'trixie'), []);
  });

  it('leaves security out where the host has no mirror for it', () => {
    assert.equal(debianLines(parseAptSources('deb http://mirror.test/debian sid main\n'), 'trixie').length, 2);
  });
});
