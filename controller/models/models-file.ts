import { z } from 'zod';
import { VitrineError } from '../errors.ts';
import { readJsonFile } from '../json-file.ts';
import { ModelEntry } from './model-entry.ts';
import type { ModelEntryInput } from './model-entry.ts';

/** The registry file: the models of a deployment, and which of them runs get that name none. */
export type ModelsFile = { readonly entries: readonly ModelEntryInput[]; readonly defaultModel: string | undefined };

/** Headers that carry keys; a file must not. */
const keyHeaders = ['authorization', 'api-key', 'x-api-key', 'proxy-authorization', 'cookie'];
const usualKey: Readonly<Record<string, string>> = { openai: 'OPENAI_API_KEY', azure: 'AZURE_OPENAI_API_KEY', anthropic: 'ANTHROPIC_API_KEY' };

const FileEntry = ModelEntry.omit({ apiKey: true }).extend({ provider: z.enum(['openai', 'azure', 'anthropic', 'compatible']) }).superRefine((entry, context) => {
  const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const isAnthropics = entry.dialect.startsWith('anthropic-');
  if (entry.provider === 'anthropic' && !isAnthropics) complain('dialect', 'must be one of anthropic-… for provider anthropic');
  if ((entry.provider === 'openai' || entry.provider === 'azure') && isAnthropics) complain('dialect', `must not be one of anthropic-… for provider ${entry.provider}`);
  if ((entry.provider === 'azure' || entry.provider === 'compatible') && entry.baseUrl === undefined) complain('baseUrl', `is needed for provider ${entry.provider}`);
  if (entry.history === 'stored' && !entry.dialect.startsWith('openai-responses')) complain('history', `can be "stored" only with the dialects openai-responses and openai-responses-preview`);
  for (const name of Object.keys(entry.headers ?? {})) {
    if (keyHeaders.includes(name.toLowerCase())) complain('headers', `must not hold ${name}: put the key into the environment variable that apiKeyEnv names`);
  }
});
const File = z.strictObject({ default: z.string().optional(), models: z.array(z.unknown()).max(200) });

/**
 * Reads the registry file and the keys of its models. `keyOf` gives what an environment variable holds (or the file that NAME_FILE
 * names). Throws VitrineError `invalid_request` naming the file, the entry and the field.
 */
export function readModelsFile(path: string, keyOf: (name: string) => string | undefined): ModelsFile {
  const file = parsed(File, readJsonFile(path, 'VITRINE_MODELS_FILE'), path, '');
  const entries = file.models.map((raw, index) => readEntry(raw, `${path}: ${nameOf(raw, index)}`, keyOf));
  if (file.default !== undefined && !entries.some((entry) => entry.name === file.default || (entry.aliases ?? []).includes(file.default ?? ''))) {
    throw new VitrineError('invalid_request', `${path}: default names ${file.default}, which is none of its models`);
  }
  return { entries, defaultModel: file.default };
}

function readEntry(raw: unknown, where: string, keyOf: (name: string) => string | undefined): ModelEntryInput {
  const entry = parsed(FileEntry, raw, where, ': ');
  const apiKeyEnv = entry.apiKeyEnv ?? usualKey[entry.provider];
  return { ...entry, apiKeyEnv, apiKey: apiKeyEnv === undefined ? undefined : keyOf(apiKeyEnv) };
}

function nameOf(raw: unknown, index: number): string {
  const name: unknown = typeof raw === 'object' && raw !== null && 'name' in raw ? raw.name : undefined;
  return typeof name === 'string' && name.length <= 64 ? `model ${name}` : `models[${index}]`;
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string, separator: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 5).map((issue) => `${issue.path.map(String).join('.') || 'the entry'}: ${issue.message}`);
  throw new VitrineError('invalid_request', `${where}${separator || ': '}${issues.join('; ')}`);
}
