import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { engineWarnings } from '../../controller/launcher/engine-warnings.ts';
import type { EngineVersion } from '../../controller/launcher/launcher.ts';

const recent: EngineVersion = {
  engine: '29.5.1', api: '1.51', os: 'linux', arch: 'amd64', cpus: 2, memoryBytes: 1e10, runc: '1.2.8', runtimes: ['runc'],
  isolation: { seccomp: true, rootless: false, userns: false, cgroup: '2', memory: true, swap: true, pids: true, cpu: true },
};

describe('engineWarnings', () => {
  it('says of Debian 12\'s engine and runc that both are too old', () => {
    const warnings = engineWarnings({ ...recent, engine: '20.10.24+dfsg1', runc: '1.1.5+ds1' });
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /^Docker Engine 20\.10\.24\+dfsg1 is older than 29\.5\.1, .*upgrade it/);
    assert.match(warnings[1] ?? '', /^runc 1\.1\.5\+ds1 is older than 1\.2\.8/);
  });

  it('compares numbers, not text', () => {
    const old = (engine: string, runc: string) => engineWarnings({ ...recent, engine, runc }).length;
    assert.deepEqual([old('29.5.1', '1.2.8'), old('29.10.0', '1.10.0'), old('30', 'v2'), old('29.5', '1.2.8'), old('29.5.0', '1.2.7'), old('9.9.9', '0.1')], [0, 0, 0, 1, 2, 2]);
    assert.equal(engineWarnings({ ...recent, runc: undefined }).length, 0);
  });

  it('says of a chosen runtime that the engine lacks what is to be done', () => {
    assert.deepEqual(engineWarnings(recent, 'runc'), []);
    assert.deepEqual(engineWarnings(recent, 'runsc'), ['the Docker engine has no runtime runsc, only runc: register it with the engine, or name another in VITRINE_RUNTIME; until then no desktop can be launched']);
  });

  it('names what an engine cannot hold a desktop to', () => {
    const weak = { ...recent.isolation, seccomp: false, swap: false, cpu: false };
    assert.match(engineWarnings({ ...recent, isolation: weak }).join('\n'), /no seccomp[^]*cannot limit swap, processor/);
  });
});

describe('the archive endpoints of the engine', () => {
  it('are never used: they run programs of the container as root of the host', () => {
    const root = resolve(import.meta.dirname, '../..');
    const files = ['controller', 'sandbox-image'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)))
      .filter((path) => /\.(ts|mjs|js|py)$/.test(path) && !path.includes('node_modules'));
    assert.ok(files.length > 200, `${files.length} files`);
    const banned = /putArchive|getArchive|infoArchive|containers\/[^'`]*\/archive/;
    assert.ok(banned.test('container.putArchive(file)'));
    assert.deepEqual(files.filter((path) => banned.test(readFileSync(path, 'utf8'))), []);
  });
});
