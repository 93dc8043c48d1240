import { VitrineError } from '../errors.ts';
import type { Models, ModelView } from '../models/model.ts';

/** The models that can be asked, as OpenAI's clients list them, or Anthropic's. */
export function printModels(models: readonly ModelView[], isAnthropic: boolean) {
  const usable = models.filter((model) => model.usable);
  if (!isAnthropic) return { object: 'list' as const, data: usable.map((view) => forOpenAI(view.name, view)) };
  const data = usable.map(({ name }) => forAnthropic(name));
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

/** One model, under the name or alias by which it is asked for. Throws `not_found` for one that is not configured, and for one that cannot be used, with the reason. */
export function printModel(models: Models, asked: string, isAnthropic: boolean) {
  const view = viewOf(models, asked);
  return isAnthropic ? forAnthropic(asked) : forOpenAI(asked, view);
}

function viewOf(models: Models, asked: string): ModelView | undefined {
  try {
    const { name } = models.get(asked);
    return models.list().find((view) => view.name === name);
  } catch (reason) {
    throw new VitrineError('not_found', VitrineError.from(reason).message, { cause: reason, details: { param: 'model', vendorCode: 'model_not_found' } });
  }
}

function forOpenAI(id: string, view: ModelView | undefined) {
  return { id, object: 'model' as const, created: 0, owned_by: view?.provider ?? '' };
}

function forAnthropic(id: string) {
  return { type: 'model' as const, id, display_name: id, created_at: '1970-01-01T00:00:00Z' };
}
