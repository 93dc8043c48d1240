import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { settings } from '../controller/config.ts';
import { readPolicyFile } from '../controller/policy/policy-file.ts';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the README', () => {
  it('lists every configuration variable as it is', () => {
    const rows = readme.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));
    assert.deepEqual(rows, settings.map((setting) => `| \`${setting.name}\` | ${setting.default} | ${setting.meaning} |`));
  });

  it('is true of Compose: every variable is handed on to the controller, but for those that Compose itself decides', () => {
    const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
    const handedOn = settings.map(({ name }) => name).filter((name) => compose.includes(`${name}: \${${name}:-`));
    const decided = settings.map(({ name }) => name).filter((name) => !handedOn.includes(name));
    assert.deepEqual(decided, ['VITRINE_LISTEN', 'VITRINE_TLS_CERT_FILE', 'VITRINE_TLS_KEY_FILE', 'VITRINE_PUBLISHED_ON', 'VITRINE_DATA', 'VITRINE_LAUNCHER', 'DOCKER_HOST', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY']);
    for (const name of decided) assert.ok(readme.includes(`\`${name}\``), name);
    assert.doesNotThrow(() => readPolicyFile(join(root, 'examples/config/policy.json')));
  });

  it('names files and folders that exist', () => {
    const named = [...readme.matchAll(/`((?:controller|sandbox-image|test|docs)\/[\w./-]+)`/g)].flatMap((match) => match[1] ?? []);
    const linked = [...readme.matchAll(/\]\(((?!http)[\w./-]+)\)/g)].flatMap((match) => match[1] ?? []);
    assert.ok(named.length > 10);
    assert.deepEqual([...named, ...linked].filter((path) => !existsSync(join(root, path))), []);
  });

  it('shows every folder of the code in its picture of the architecture', () => {
    const picture = /## Architecture\n\n```\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const folders = ['controller', 'sandbox-image'].flatMap((top) => readdirSync(join(root, top), { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'node_modules').map(({ name }) => name));
    assert.deepEqual(folders.filter((folder) => !picture.includes(`${folder}/`)), []);
  });
});
