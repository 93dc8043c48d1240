import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { createModels } from '../../controller/models/models.ts';
import type { ModelsOptions } from '../../controller/models/models.ts';

const log = pino({ level: 'silent' });
const entry = { name: 'gpt', provider: 'openai', dialect: 'openai-responses', model: 'gpt-x' } as const;
const models = (options: Partial<ModelsOptions>) => createModels({ entries: [], rehearsalUrl: 'http://127.0.0.1:1', log, ...options });

describe('createModels', () => {
  it('has the rehearsal, which is the default without a key', () => {
    assert.equal(models({}).get(undefined).name, 'rehearsal');
    assert.deepEqual(models({}).list(), [{ name: 'rehearsal', provider: 'rehearsal', dialect: 'openai-responses', usable: true, reason: null }]);
  });

  it('prefers a real model that has a key', () => {
    assert.equal(models({ entries: [{ ...entry, apiKey: 'k' }] }).get(undefined).name, 'gpt');
    assert.equal(models({ entries: [{ ...entry, apiKey: 'k' }], defaultModel: 'rehearsal' }).get(undefined).name, 'rehearsal');
    assert.equal(models({ entries: [{ ...entry, baseUrl: 'http://127.0.0.1:9/v1' }] }).get(undefined).name, 'gpt', 'a server that asks for no key');
  });

  it('lists a model without a key, and says what to configure when it is asked for', () => {
    const registry = models({ entries: [entry] });
    assert.equal(registry.get(undefined).name, 'rehearsal');
    assert.equal(registry.list()[0]?.usable, false);
    assert.throws(() => registry.get('gpt'), { code: 'invalid_request', message: /gpt cannot be used: it has no key: set OPENAI_API_KEY/ });
  });

  it('names the models there are', () => {
    assert.throws(() => models({ entries: [{ ...entry, apiKey: 'k' }] }).get('gpt-7'), { code: 'invalid_request', message: 'there is no model gpt-7; there are: gpt, rehearsal' });
  });

  it('refuses two models of one name, and entries it does not understand', () => {
    assert.throws(() => models({ entries: [entry, entry] }), /two models are called gpt/);
    assert.throws(() => models({ entries: [{ ...entry, baseUrl: 'ftp://x' }] }));
  });
});
