import type { Secret } from './secret.ts';

/** The secrets of a deployment, by project and name. A text names one as `{{secret:name}}`. */
export interface SecretBook {
  find(project: string, name: string): Secret | undefined;
  names(project: string): readonly string[];
}

/** A deployment without secrets. */
export const noSecrets: SecretBook = { find: () => undefined, names: () => [] };

const reference = /\{\{secret:([^{}]{0,200})\}\}/g;

/** The names of the secrets that a text refers to, each once, in their order. */
export function secretsNamedIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(reference)].map(([, name = '']) => name))];
}

/** The text with the values in place of the references. What a value holds is not looked at again. Throws what `find` throws for a name. */
export function withSecretsIn(text: string, find: (name: string) => Secret): string {
  return text.replaceAll(reference, (_all, name: string) => find(name).reveal());
}
