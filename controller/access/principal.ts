import type { Principal } from '../runs/runs.ts';
import type { Grant } from './tokens.ts';

/** Whoever asks, as the folders behind the API know him. */
export function principalOf({ name, project, mayDecideOwn, scopes }: Grant): Principal {
  return { name, project, mayDecideOwn, mayUseSecrets: scopes.has('secrets:use') };
}
