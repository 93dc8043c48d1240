import type { ModelView } from '../models/model.ts';

/** The models that can be asked, as OpenAI's clients list them, or Anthropic's. */
export function printModels(models: readonly ModelView[], isAnthropic: boolean) {
  const usable = models.filter((model) => model.usable);
  if (!isAnthropic) return { object: 'list' as const, data: usable.map(({ name, provider }) => ({ id: name, object: 'model' as const, created: 0, owned_by: provider })) };
  const data = usable.map(({ name }) => ({ type: 'model' as const, id: name, display_name: name, created_at: '1970-01-01T00:00:00Z' }));
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
