import type { Turn } from '../../controller/dialects/transcript.ts';
import { VitrineError } from '../../controller/errors.ts';
import type { DecideRequest, Model, Models } from '../../controller/models/model.ts';

/** A model that answers from a list, one turn a question, and remembers what it was asked. */
export type ScriptedModel = Model & { readonly asked: DecideRequest[]; turns: (Turn | Error | Promise<Turn>)[] };

export function scriptedModel(turns: (Turn | Error | Promise<Turn>)[]): ScriptedModel {
  const model: ScriptedModel = {
    name: 'scripted',
    capture: { format: 'png' },
    asked: [],
    turns,
    async decide(request, signal) {
      model.asked.push(request);
      const next = model.turns.shift();
      if (next === undefined) throw new VitrineError('model_failed', 'the script of this test is at its end');
      if (next instanceof Error) throw next;
      const { promise, reject } = Promise.withResolvers<never>();
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      return Promise.race([next, promise]);
    },
  };
  return model;
}

/** A registry with this one model. */
export function onlyModel(model: Model): Models {
  return {
    get(name) {
      if (name !== undefined && name !== model.name) throw new VitrineError('invalid_request', `there is no model ${name}; there are: ${model.name}`, { details: { models: [model.name] } });
      return model;
    },
    list: () => [{ name: model.name, provider: 'test', dialect: 'none', usable: true, reason: null }],
  };
}
