import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { ConfigError, dataFolderOf, readConfig, settings } from '../../controller/config.ts';
import { openDataFolder } from '../../controller/data-folder.ts';
import { createLog } from '../../controller/log.ts';
import { Secret } from '../../controller/secret.ts';

let folder = '';
before(async () => { folder = await mkdtemp(join(tmpdir(), 'vitrine-config-')); });
after(() => rm(folder, { recursive: true }));

describe('readConfig', () => {
  it('needs nothing, and then listens on loopback', () => {
    const config = readConfig({ HOME: '/home/me' });
    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8080 });
    assert.equal(config.dataFolder, '/home/me/.local/share/vitrine');
    assert.equal(config.openai.apiKey, undefined);
  });

  const wrong: [string, string][] = [
    ['VITRINE_LISTEN', 'here'], ['VITRINE_LISTEN', '127.0.0.1:70000'], ['VITRINE_LISTEN', '8080'], ['VITRINE_TOKEN', 'short'], ['VITRINE_TOKEN', 'with a space in the middle'], ['VITRINE_ALLOWED_HOSTS', 'a/b'],
    ['VITRINE_SECCOMP', 'unconfined'], ['VITRINE_DESKTOP_MEMORY_MB', '1'], ['VITRINE_DESKTOP_MEMORY_MB', '2g'], ['VITRINE_DESKTOP_CPUS', '0'], ['VITRINE_DESKTOP_PIDS', '-1'], ['VITRINE_MAX_DESKTOPS', '1e3'],
    ['VITRINE_DEAD_MAN_SECONDS', '0'], ['VITRINE_INSTALL_ID', 'UPPER'], ['OPENAI_BASE_URL', 'ftp://x'], ['OPENAI_BASE_URL', 'x'], ['VITRINE_LOG_LEVEL', 'loud'],
  ];
  for (const [name, value] of wrong) {
    it(`names ${name} when it is ${value}`, () => assert.throws(() => readConfig({ [name]: value }), (reason) => reason instanceof ConfigError && reason.message.startsWith(`${name} must be`)));
  }

  it('leaves loopback only inside a container that says where it is published', () => {
    const open = { VITRINE_LISTEN: '0.0.0.0:8080' };
    const published = { ...open, VITRINE_PUBLISHED_ON: '127.0.0.1:8080' };
    assert.throws(() => readConfig(open, () => true), /VITRINE_PUBLISHED_ON/);
    assert.throws(() => readConfig(published, () => false), /VITRINE_LISTEN/);
    assert.equal(readConfig(published, () => true).listen.host, '0.0.0.0');
    for (const host of ['127.0.0.2:1', '[::1]:1', 'localhost:1']) readConfig({ VITRINE_LISTEN: host }, () => false);
    for (const host of ['[::]:1', '127.evil.example:1', '10.0.0.1:1']) assert.throws(() => readConfig({ VITRINE_LISTEN: host }, () => false), ConfigError);
  });

  it('reads keys from files, refuses both forms at once, and names a file that it cannot read', async () => {
    const path = join(folder, 'key');
    await writeFile(path, 'sk-from-a-file\n');
    assert.equal(readConfig({ OPENAI_API_KEY_FILE: path }).openai.apiKey?.reveal(), 'sk-from-a-file');
    assert.throws(() => readConfig({ OPENAI_API_KEY_FILE: path, OPENAI_API_KEY: 'sk-x' }), /both/);
    assert.throws(() => readConfig({ VITRINE_TOKEN_FILE: join(folder, 'none') }), /VITRINE_TOKEN_FILE/);
  });

  it('never shows a secret', () => {
    const config = readConfig({ VITRINE_TOKEN: 'very-secret-token-1', OPENAI_API_KEY: 'sk-very-secret' });
    for (const shown of [inspect(config, { depth: 9 }), JSON.stringify(config), String(config.token), `${String(config.openai.apiKey)}`]) assert.doesNotMatch(shown, /very-secret/);
    assert.throws(() => readConfig({ VITRINE_TOKEN: 'short-secret' }), (reason) => reason instanceof Error && !reason.message.includes('short-secret'));
  });

  it('documents every variable once', () => {
    const names = settings.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes('VITRINE_TOKEN_FILE') && names.includes('OPENAI_API_KEY_FILE'));
    for (const { meaning } of settings) assert.ok(meaning.endsWith('.'));
  });
});

describe('openDataFolder', () => {
  it('makes folder, token and id for their owner only, and finds them again', async () => {
    const dataFolder = join(folder, 'data');
    const first = await openDataFolder({ dataFolder, token: undefined, installId: undefined });
    assert.equal((await stat(dataFolder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(dataFolder, 'token'))).mode & 0o777, 0o600);
    assert.equal((await readFile(join(dataFolder, 'token'), 'utf8')).trim(), first.token.reveal());
    assert.ok(first.token.reveal().length >= 43);
    const second = await openDataFolder({ dataFolder, token: undefined, installId: undefined });
    assert.deepEqual([second.token.reveal(), second.installId], [first.token.reveal(), first.installId]);
    const given = await openDataFolder({ dataFolder, token: new Secret('given'), installId: 'own' });
    assert.deepEqual([given.token.reveal(), given.installId], ['given', 'own']);
  });

  it('names the folder that it cannot use', async () => {
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(openDataFolder({ dataFolder: join(folder, 'file'), token: undefined, installId: undefined }), /VITRINE_DATA names .*file/);
  });

  it('is where the CLI looks', () => {
    assert.equal(dataFolderOf({ VITRINE_DATA: '/srv/v' }), '/srv/v');
    assert.equal(dataFolderOf({ XDG_DATA_HOME: '/x', HOME: '/h' }), '/x/vitrine');
    assert.equal(dataFolderOf({ XDG_DATA_HOME: 'relative', HOME: '/h' }), '/h/.local/share/vitrine');
  });
});

describe('createLog', () => {
  it('writes no known secret and nothing that looks like a key', () => {
    const lines: string[] = [];
    const log = createLog('info', [new Secret('quote"and-more'), undefined], { write: (line) => void lines.push(line) });
    log.info({ header: 'Bearer abcdefgh12345', key: 'sk-abcdefghijklmnop1234', nested: { deep: 'x quote"and-more y' } }, 'said quote"and-more');
    const [line = ''] = lines;
    assert.doesNotMatch(line, /and-more|abcdefgh/);
    assert.equal((JSON.parse(line) as { msg: string }).msg, 'said [secret]');
  });
});
