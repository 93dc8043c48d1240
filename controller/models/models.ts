import type { Logger } from 'pino';
import { VitrineError } from '../errors.ts';
import { ModelEntry } from './model-entry.ts';
import type { ModelEntryInput } from './model-entry.ts';
import type { Model, Models, ModelView } from './model.ts';
import { createOpenAIModel } from './openai-model.ts';

/** The name of the built-in scripted model. */
export const rehearsalName = 'rehearsal';

export type ModelsOptions = {
  readonly entries: readonly ModelEntryInput[];
  /** Where the rehearsal server answers, without the version. */
  readonly rehearsalUrl: string;
  /** The default model's name. Without it: the first usable entry, else the rehearsal. */
  readonly defaultModel?: string | undefined;
  readonly log: Logger;
};

type Configured = { readonly view: ModelView; readonly model: Model | undefined };

/** The models of this deployment: the configured ones, and always the rehearsal. Throws `invalid_request` for a name given twice. */
export function createModels(options: ModelsOptions): Models {
  const configured = new Map<string, Configured>();
  for (const input of [...options.entries, rehearsalEntry(options.rehearsalUrl)]) {
    const entry = ModelEntry.parse(input);
    if (configured.has(entry.name)) throw new VitrineError('invalid_request', `two models are called ${entry.name}: give each a name of its own`);
    configured.set(entry.name, configure(entry));
  }
  const names = [...configured.keys()];
  const defaultName = options.defaultModel ?? names.find((name) => configured.get(name)?.model !== undefined) ?? rehearsalName;
  options.log.info({ models: names, defaultModel: defaultName }, 'models configured');

  return {
    get(name) {
      const found = configured.get(name ?? defaultName);
      if (found === undefined) throw new VitrineError('invalid_request', `there is no model ${name ?? defaultName}; there are: ${names.join(', ')}`, { details: { models: names } });
      if (found.model === undefined) throw new VitrineError('invalid_request', `model ${found.view.name} cannot be used: ${found.view.reason ?? 'it is not configured'}`);
      return found.model;
    },
    list: () => [...configured.values()].map((one) => one.view),
  };
}

function rehearsalEntry(url: string): ModelEntryInput {
  return { name: rehearsalName, provider: 'rehearsal', dialect: 'openai-responses', model: rehearsalName, baseUrl: `${url}/v1`, maxRetries: 1, waitMs: 400 };
}

function configure(entry: ModelEntry): Configured {
  const reason = whyUnusable(entry);
  const view = { name: entry.name, provider: entry.provider, dialect: entry.dialect, usable: reason === null, reason };
  return { view, model: reason === null ? createOpenAIModel(entry) : undefined };
}

function whyUnusable(entry: ModelEntry): string | null {
  if (entry.apiKey !== undefined || entry.baseUrl !== undefined) return null;
  return 'it has no key: set OPENAI_API_KEY or OPENAI_API_KEY_FILE, or configure a base URL that asks for none';
}
