import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { pino } from 'pino';
import type { ModelEntryInput } from '../../controller/models/model-entry.ts';
import { createModels } from '../../controller/models/models.ts';
import { scriptedModel } from '../support/scripted-model.ts';
import { startGateway } from './gateway-world.ts';

const keyless: ModelEntryInput = { name: 'work-horse', provider: 'openai', dialect: 'openai-responses', model: 'gpt-5.6', apiKeyEnv: 'WORK_KEY', aliases: ['gpt-4o'] };
const usable: ModelEntryInput = { name: 'claude', provider: 'anthropic', dialect: 'anthropic-computer_toolset_20260801', model: 'claude-opus-5', apiKey: 'sk-test-key', aliases: ['opus'] };
/** A gateway over a real registry of models, none of which is asked. */
const configured = () => startGateway([], { registry: createModels({ entries: [keyless, usable], rehearsalUrl: 'http://127.0.0.1:9', log: pino({ level: 'silent' }) }) });
const body = { tools: [{ type: 'computer' }], input: 'go' };

describe('one model', () => {
  it('is shown in each vendor\'s shape, under its name and its aliases', async () => {
    await using gateway = await configured();
    for (const name of ['claude', 'opus']) {
      assert.deepEqual(await gateway.openai.models.retrieve(name), { id: name, object: 'model', created: 0, owned_by: 'anthropic' });
      const model = await gateway.anthropic.models.retrieve(name);
      assert.deepEqual([model.type, model.id, model.display_name], ['model', name, name]);
    }
  });

  it('is not found if nobody configured it, or it cannot be used, which is said', async () => {
    await using gateway = await configured();
    await assert.rejects(gateway.openai.models.retrieve('gpt-none'), (error: InstanceType<typeof OpenAI.NotFoundError>) => error.status === 404 && error.code === 'model_not_found');
    await assert.rejects(gateway.openai.models.retrieve('gpt-4o'), (error: InstanceType<typeof OpenAI.NotFoundError>) => error.status === 404 && /WORK_KEY/.test(error.message));
    await assert.rejects(gateway.anthropic.models.retrieve('claude-none'), Anthropic.NotFoundError);
  });
});

describe('a model that cannot be used', () => {
  it('is refused under its name and its aliases, saying why, and stands for no other one', async () => {
    await using gateway = await configured();
    for (const model of ['work-horse', 'gpt-4o']) {
      for (const mode of ['executed', 'pass-through']) {
        const response = await gateway.ask('/responses', { body: { ...body, model }, headers: { 'x-vitrine-mode': mode } });
        const { error } = (await response.json()) as { error: { message: string; type: string } };
        assert.deepEqual([response.status, error.type], [400, 'invalid_request_error'], model);
        assert.match(error.message, /set WORK_KEY/);
      }
    }
    assert.equal(gateway.all().length, 0);
  });

  it('is another matter than a name that nobody configured, which stands for the default one', async () => {
    const model = scriptedModel([]);
    await using gateway = await startGateway([], { registry: { get: (name) => {
      if (name === undefined || name === 'scripted') return model;
      return createModels({ entries: [], rehearsalUrl: 'http://127.0.0.1:9', log: pino({ level: 'silent' }) }).get(name);
    }, list: () => [] } });
    await gateway.ask('/responses', { body: { ...body, model: 'gpt-none' } });
    assert.deepEqual(gateway.all().map((run) => run.model), ['scripted']);
  });
});

describe('tokens of a request', () => {
  it('are not counted beforehand, which is said in the vendor\'s shape', async () => {
    await using gateway = await configured();
    const counted = gateway.anthropic.messages.countTokens({ model: 'claude', messages: [{ role: 'user', content: 'go' }] });
    await assert.rejects(counted, (error: InstanceType<typeof Anthropic.NotFoundError>) => error instanceof Anthropic.NotFoundError && /cannot be counted/.test(error.message));
  });
});
