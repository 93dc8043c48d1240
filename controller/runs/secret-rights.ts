import type { Action } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import { noSecrets, secretsNamedIn, withSecretsIn } from '../secret-book.ts';
import type { SecretBook } from '../secret-book.ts';
import type { Secret } from '../secret.ts';
import type { Principal } from './runs.ts';

/** Who may have secrets typed. All throw `forbidden` naming the scope, and `unprocessable` naming the secret that is not there. */
export type SecretRights = {
  /** Checks the names that a new run asks for. */
  readonly checkNames: (names: readonly string[], by: Principal) => void;
  /** Checks the texts of actions that a caller or a person in control wants done, before any of them begins. */
  readonly checkActions: (actions: readonly Action[], by: Principal) => void;
  readonly withSecrets: (text: string, by: Principal) => string;
};

/** The rights over a book of secrets. */
export function createSecretRights(book: SecretBook = noSecrets): SecretRights {
  const granted = (name: string, by: Principal): Secret => {
    if (by.mayUseSecrets !== true) throw new VitrineError('forbidden', `having the secret ${JSON.stringify(name)} typed needs the scope secrets:use, which this token lacks`, { details: { scope: 'secrets:use' } });
    const secret = book.find(by.project, name);
    if (secret !== undefined) return secret;
    const names = book.names(by.project);
    throw new VitrineError('unprocessable', `there is no secret ${JSON.stringify(name)} in project ${by.project}: ${names.length === 0 ? 'there is none at all' : `there is ${names.join(', ')}`}`);
  };
  const checkNames = (names: readonly string[], by: Principal): void => names.forEach((name) => void granted(name, by));
  return {
    checkNames,
    checkActions: (actions, by) => checkNames(actions.flatMap((action) => (action.type === 'type' ? secretsNamedIn(action.text) : [])), by),
    withSecrets: (text, by) => withSecretsIn(text, (name) => granted(name, by)),
  };
}
