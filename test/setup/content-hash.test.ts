import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { contentHash } from '../../controller/content-hash.ts';

describe('contentHash', () => {
  it('changes with bytes, names, the executable bit and the salt, and with nothing else', () => {
    const root = mkdtempSync(join(tmpdir(), 'vitrine-hash-'));
    try {
      mkdirSync(join(root, 'a/node_modules'), { recursive: true });
      writeFileSync(join(root, 'a/one'), 'x');
      const hash = (salt = 's'): string => contentHash(root, ['a'], [salt]);
      const first = hash();
      assert.match(first, /^[0-9a-f]{64}$/);
      utimesSync(join(root, 'a/one'), 1, 1);
      writeFileSync(join(root, 'a/node_modules/ignored'), 'x');
      assert.equal(hash(), first);
      assert.notEqual(hash('t'), first);
      chmodSync(join(root, 'a/one'), 0o755);
      const executable = hash();
      renameSync(join(root, 'a/one'), join(root, 'a/two'));
      const renamed = hash();
      writeFileSync(join(root, 'a/two'), 'y');
      assert.equal(new Set([first, executable, renamed, hash()]).size, 4);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
