import type { Logger } from 'pino';
import { VitrineError } from '../errors.ts';
import { createAnthropicModel } from './anthropic-model.ts';
import { priceOf } from './model-price.ts';
import { ModelEntry } from './model-entry.ts';
import type { ModelEntryInput } from './model-entry.ts';
import type { Model, Models, ModelView } from './model.ts';
import { createFunctionModel } from './openai-function-model.ts';
import { createOpenAIModel } from './openai-model.ts';

/** The name of the built-in scripted model. */
export const rehearsalName = 'rehearsal';

export type ModelsOptions = {
  readonly entries: readonly ModelEntryInput[];
  /** Where the rehearsal server answers, without the version. */
  readonly rehearsalUrl: string;
  /** The default model's name or alias. Without it: the first usable entry, else the rehearsal. */
  readonly defaultModel?: string | undefined;
  readonly log: Logger;
};

type Configured = { readonly view: ModelView; readonly model: Model | undefined };

/** The models of this deployment: the configured ones, and always the rehearsal. Throws `invalid_request` for a name or alias given twice. */
export function createModels(options: ModelsOptions): Models {
  const entries = [...options.entries, rehearsalEntry(options.rehearsalUrl)].map((input) => ModelEntry.parse(input));
  const configured = new Map<string, Configured>();
  for (const entry of entries) {
    if (configured.has(entry.name)) throw new VitrineError('invalid_request', `two models are called ${entry.name}: give each a name of its own`);
    configured.set(entry.name, configure(entry));
  }
  const aliases = aliasesOf(entries);
  const names = [...configured.keys()];
  const defaultName = options.defaultModel ?? names.find((name) => configured.get(name)?.model !== undefined) ?? rehearsalName;
  options.log.info({ models: names, defaultModel: defaultName }, 'models configured');

  return {
    get(name = defaultName) {
      const found = configured.get(aliases.get(name) ?? name);
      if (found === undefined) throw new VitrineError('invalid_request', `there is no model ${name}; there are: ${names.join(', ')}`, { details: { models: names } });
      if (found.model === undefined) throw new VitrineError('invalid_request', `model ${found.view.name} cannot be used: ${found.view.reason ?? 'it is not configured'}`);
      return found.model;
    },
    list: () => [...configured.values()].map((one) => one.view),
  };
}

/** Other names to names. */
function aliasesOf(entries: readonly ModelEntry[]): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  for (const { name, aliases: others } of entries) {
    for (const alias of others) {
      const owner = entries.find((entry) => entry.name === alias)?.name ?? aliases.get(alias);
      if (owner !== undefined) throw new VitrineError('invalid_request', `model ${name} has the alias ${alias}, under which ${owner} is known: give each name once`);
      aliases.set(alias, name);
    }
  }
  return aliases;
}

function rehearsalEntry(url: string): ModelEntryInput {
  return { name: rehearsalName, provider: 'rehearsal', dialect: 'openai-responses', model: rehearsalName, baseUrl: `${url}/v1`, maxRetries: 1, waitMs: 400 };
}

function configure(entry: ModelEntry): Configured {
  const reason = whyUnusable(entry);
  const view = { name: entry.name, provider: entry.provider, dialect: entry.dialect, usable: reason === null, reason };
  return { view, model: reason === null ? createModel(entry) : undefined };
}

function whyUnusable(entry: ModelEntry): string | null {
  if (entry.apiKey !== undefined) return null;
  if (entry.apiKeyEnv !== undefined) return `it has no key: set ${entry.apiKeyEnv} or ${entry.apiKeyEnv}_FILE`;
  if (entry.baseUrl !== undefined) return null;
  const name = entry.provider === 'anthropic' ? 'ANTHROPIC_API_KEY' : 'OPENAI_API_KEY';
  return `it has no key: set ${name} or ${name}_FILE, or configure a base URL that asks for none`;
}

function createModel(entry: ModelEntry): Model {
  switch (entry.dialect) {
    case 'openai-responses':
    case 'openai-responses-preview':
      return createOpenAIModel(entry);
    case 'function-chat':
    case 'function-responses':
    case 'qwen':
    case 'ui-tars':
      return createFunctionModel(entry, entry.dialect);
    case 'anthropic-computer_toolset_20260801':
      return createAnthropicModel({ ...entry, price: priceOf(entry) }, 'computer_toolset_20260801');
    case 'anthropic-computer_20251124':
      return createAnthropicModel({ ...entry, price: priceOf(entry) }, 'computer_20251124');
    case 'anthropic-computer_20250124':
      return createAnthropicModel({ ...entry, price: priceOf(entry) }, 'computer_20250124');
    case 'anthropic-computer_20241022':
      return createAnthropicModel({ ...entry, price: priceOf(entry) }, 'computer_20241022');
  }
}
