import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePrivateTargets } from '../../controller/gate/private-targets.ts';

describe('private targets', () => {
  it('are exact hosts at exact addresses and ports', () => {
    assert.deepEqual(parsePrivateTargets('wiki.example.com=10.0.0.5:443, Git.example.com=[fd12::1]:8443'), [
      { host: 'wiki.example.com', address: '10.0.0.5', port: 443 }, { host: 'git.example.com', address: 'fd12::1', port: 8443 },
    ]);
    assert.deepEqual(parsePrivateTargets(''), []);
  });

  for (const text of ['wiki.example.com', 'wiki.example.com=10.0.0.5', '*.example.com=10.0.0.5:443', 'wiki=10.0.0.5:443', '10.0.0.5=10.0.0.5:443', 'a.example.com=127.0.0.1:80', 'a.example.com=[::1]:80', 'a.example.com=[::ffff:127.0.0.1]:80',
    'a.example.com=169.254.169.254:80', 'a.example.com=[fd00:ec2::254]:80', 'a.example.com=169.254.1.1:80', 'a.example.com=100.100.100.200:80', 'a.example.com=0.0.0.0:80', 'a.example.com=10.0.0.5:99999', 'a.example.com=10.5:80']) {
    it(`refuse ${text}`, () => assert.throws(() => parsePrivateTargets(text), Error));
  }
});
