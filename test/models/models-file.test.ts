import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { readConfig } from '../../controller/config.ts';
import { createModels } from '../../controller/models/models.ts';
import { readModelsFile } from '../../controller/models/models-file.ts';

const log = pino({ level: 'silent' });
const gpt = { name: 'gpt', provider: 'openai', dialect: 'openai-responses', model: 'gpt-5.6' };
const local = { name: 'local', provider: 'compatible', dialect: 'function-chat', model: 'm', baseUrl: 'http://127.0.0.1:9/v1' };
const keys: Readonly<Record<string, string>> = { OPENAI_API_KEY: 'sk-openai', ROUTER_KEY: 'sk-router' };
const keyOf = (name: string) => keys[name];

describe('readModelsFile', () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), 'vitrine-models-'))));
  after(() => rm(folder, { recursive: true }));

  async function file(content: unknown): Promise<string> {
    const path = join(folder, 'models.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }
  const registry = async (content: unknown) => createModels({ ...readModelsFile(await file(content), keyOf), rehearsalUrl: 'http://127.0.0.1:1', log });

  it('gives models their keys from the variables that they name, or the vendor\'s usual one', async () => {
    const { entries, defaultModel } = readModelsFile(await file({ default: 'gpt', models: [gpt, { ...local, apiKeyEnv: 'ROUTER_KEY' }, { ...local, name: 'open' }] }), keyOf);
    assert.deepEqual(entries.map(({ name, apiKey }) => [name, apiKey]), [['gpt', 'sk-openai'], ['local', 'sk-router'], ['open', undefined]]);
    assert.equal(defaultModel, 'gpt');
  });

  it('says what is usable, and which variable the rest needs', async () => {
    const models = await registry({ models: [{ ...gpt, apiKeyEnv: 'OTHER_KEY' }, { ...gpt, name: 'claude', provider: 'anthropic', dialect: 'anthropic-computer_20251124' }, local] });
    assert.deepEqual(models.list().map(({ name, dialect, usable, reason }) => [name, dialect, usable, reason]), [
      ['gpt', 'openai-responses', false, 'it has no key: set OTHER_KEY or OTHER_KEY_FILE'],
      ['claude', 'anthropic-computer_20251124', false, 'it has no key: set ANTHROPIC_API_KEY or ANTHROPIC_API_KEY_FILE'],
      ['local', 'function-chat', true, null],
      ['rehearsal', 'openai-responses', true, null],
    ]);
    assert.equal(models.get(undefined).name, 'local');
    assert.throws(() => models.get('gpt'), /gpt cannot be used: it has no key: set OTHER_KEY/);
  });

  it('knows every dialect, prices and limits', async () => {
    const dialects = ['openai-responses', 'openai-responses-preview', 'function-chat', 'function-responses', 'qwen', 'ui-tars', 'anthropic-computer_toolset_20260801', 'anthropic-computer_20251124', 'anthropic-computer_20250124', 'anthropic-computer_20241022'];
    const models = await registry({ models: dialects.map((dialect) => ({ ...local, name: dialect, dialect, price: { input: 2, output: 8 }, limits: { maxEdge: 1000 } })) });
    for (const dialect of dialects) {
      const model = models.get(dialect);
      assert.deepEqual(model.price, { input: 2, cachedInput: 2, output: 8 }, dialect);
      const width = model.capture.maxWidth ?? 0;
      assert.ok(width > 900 && width <= 1000, `${dialect}: ${width}`);
    }
  });

  it('finds models by their aliases, also as default', async () => {
    const models = await registry({ default: 'gpt-4o', models: [local, { ...gpt, aliases: ['gpt-4o', 'some/name'] }] });
    assert.deepEqual([models.get('some/name').name, models.get(undefined).name], ['gpt', 'gpt']);
    await assert.rejects(registry({ models: [{ ...gpt, aliases: ['local'] }, local] }), /model gpt has the alias local, under which local is known/);
    await assert.rejects(registry({ models: [{ ...gpt, aliases: ['x'] }, { ...local, aliases: ['x'] }] }), /model local has the alias x, under which gpt is known/);
  });

  for (const [name, content, words] of [
    ['no JSON, without quoting it', '{"models": [sk-secret', /is no JSON$/],
    ['no list', { models: 3 }, /models: /],
    ['unknown fields at the top', { models: [], model: 1 }, /model/],
    ['an unknown field', { models: [{ ...gpt, colour: 'red' }] }, /model gpt: .*colour/],
    ['a key', { models: [{ ...gpt, apiKey: 'sk-secret' }] }, /model gpt: .*apiKey/],
    ['a key where its variable\'s name belongs', { models: [{ ...gpt, apiKeyEnv: 'sk-secret' }] }, /model gpt: apiKeyEnv: must be the NAME of an environment variable, never a key/],
    ['a key in a header', { models: [{ ...gpt, headers: { Authorization: 'Bearer sk-secret' } }] }, /model gpt: headers: must not hold Authorization/],
    ['a stored history where no vendor stores one', { models: [{ ...local, history: 'stored' }] }, /model local: history: can be "stored" only with the dialects openai-responses/],
    ['an unknown dialect', { models: [{ ...gpt, dialect: 'morse' }] }, /model gpt: dialect/],
    ['the built-in provider', { models: [{ ...gpt, provider: 'rehearsal' }] }, /model gpt: provider/],
    ['a dialect of another vendor', { models: [{ ...gpt, dialect: 'anthropic-computer_20251124' }] }, /model gpt: dialect: must not be/],
    ['a compatible server without address', { models: [{ ...local, baseUrl: undefined }] }, /model local: baseUrl: is needed/],
    ['an entry without name', { models: [gpt, { ...local, name: undefined }] }, /models\[1\]: name/],
    ['a negative price', { models: [{ ...gpt, price: { input: -1, output: 1 } }] }, /model gpt: price\.input/],
    ['a default that is none of its models', { default: 'gpt-9', models: [gpt] }, /default names gpt-9/],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const path = await file(content);
      assert.throws(() => readModelsFile(path, keyOf), (error) => error instanceof Error && words.test(error.message) && error.message.includes(path) && !error.message.includes('sk-secret'));
    });
  }

  it('names the variable when there is no file', () => assert.throws(() => readModelsFile(join(folder, 'none.json'), keyOf), /VITRINE_MODELS_FILE names .*none\.json, which cannot be read/));

  it('takes keys of any variable from the configuration, in a file as well, and never shows them', async () => {
    await writeFile(join(folder, 'key'), 'sk-in-a-file\n');
    const config = readConfig({ VITRINE_MODELS_FILE: '/models.json', MY_KEY: 'sk-mine', OTHER_KEY_FILE: join(folder, 'key') });
    assert.deepEqual([config.keyOf('MY_KEY')?.reveal(), config.keyOf('OTHER_KEY')?.reveal(), config.keyOf('NONE')], ['sk-mine', 'sk-in-a-file', undefined]);
    assert.doesNotMatch(JSON.stringify(config), /sk-mine/);
    assert.throws(() => readConfig({ BAD_KEY_FILE: '/nowhere' }).keyOf('BAD_KEY'), /BAD_KEY_FILE names \/nowhere/);
    const { anthropic } = readConfig({ ANTHROPIC_API_KEY_FILE: join(folder, 'key') });
    assert.deepEqual([anthropic.apiKey?.reveal(), anthropic.model], ['sk-in-a-file', 'claude-opus-5']);
  });

  it('accepts the example of the documentation', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/models.md'), 'utf8');
    const { entries } = readModelsFile(await file(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? ''), keyOf);
    assert.equal(entries.length, 6);
    assert.equal(createModels({ entries, rehearsalUrl: 'http://127.0.0.1:1', log }).get('gpt-4o').name, 'gpt');
  });
});
