import type { Action } from '../../../sandbox-image/wire/index.ts';
import { limits } from '../../../sandbox-image/wire/index.ts';
import type { Performed } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import { createRedactor } from '../../redactor.ts';
import type { Secret } from '../../secret.ts';
import { noSecrets, secretsNamedIn, withSecretsIn } from '../../secret-book.ts';
import { refusedOutcome } from '../callers/proposals.ts';
import type { EffectOwner } from './effect.ts';

type Ask = (action: Action) => Promise<Performed>;

/** Told of an action that was sent again after its secret had got another value. */
const changed = 'a secret in it was changed meanwhile: whether the text was typed with the value of before is not known, and it is not repeated';

/**
 * Performs an action with the values of the secrets that its text names: they exist from here to the desktop only. A name
 * that may not be used refuses the whole action. What comes back is searched for the values.
 * `isAgents` false: whoever asked was found to hold the right to use every secret of the project.
 */
export async function performWithSecrets(actionId: string, action: Action, isAgents: boolean, owner: EffectOwner, ask: Ask): Promise<Performed> {
  const names = action.type === 'type' ? secretsNamedIn(action.text) : [];
  if (action.type !== 'type' || names.length === 0) return ask(action);
  const allowed = usable(isAgents, owner);
  const unknown = names.find((name) => !allowed.has(name));
  if (unknown !== undefined) return refusedOutcome(actionId, `there is no secret ${JSON.stringify(unknown)} that may be used here: ${allowed.size === 0 ? 'there is none at all' : `there is ${[...allowed.keys()].join(', ')}`}`);
  const text = withSecretsIn(action.text, (name) => allowed.get(name) ?? missing(name));
  if ([...text].length > limits.maxTextCharacters) return refusedOutcome(actionId, `with its secrets the text is longer than ${limits.maxTextCharacters} characters: split it`);
  const redactor = createRedactor(names.map((name) => allowed.get(name)));
  try {
    const performed = await ask({ ...action, text });
    return { ...performed, outcome: redactor.data(performed.outcome) };
  } catch (error) {
    const failure = VitrineError.from(error);
    if (failure.code === 'conflict') return unknownOutcome(actionId);
    throw new VitrineError(failure.code, redactor.text(failure.message), { cause: failure.cause, ...(failure.details === undefined ? {} : { details: redactor.data(failure.details) }) });
  }
}

/** What may be used: of a model's run what its request names, otherwise every secret of the project. */
function usable(isAgents: boolean, { context, tools: { secrets = noSecrets } }: EffectOwner): ReadonlyMap<string, Secret> {
  const names = isAgents && context.driver === 'model' ? (context.request.secrets ?? []) : secrets.names(context.project);
  return new Map(names.flatMap((name) => {
    const secret = secrets.find(context.project, name);
    return secret === undefined ? [] : [[name, secret] as const];
  }));
}

function missing(name: string): never {
  throw new VitrineError('internal', `the secret ${name} was looked for and is not there`);
}

function unknownOutcome(actionId: string): Performed {
  const refused = refusedOutcome(actionId, changed);
  return { ...refused, outcome: { ...refused.outcome, status: 'unknown', error: { code: 'conflict', message: changed } } };
}
