import type { Scope } from '../access/scopes.ts';
import { VitrineError } from '../errors.ts';
import type { NetworkPolicy } from '../gate/network-policy.ts';

/** Who may start runs or launch desktops may not give them a way out by that alone. Throws `forbidden` naming the scope. */
export function refuseNetwork(network: NetworkPolicy, scopes: ReadonlySet<Scope>): void {
  if (network.mode !== 'none' && !scopes.has('network:write')) throw new VitrineError('forbidden', 'giving a desktop a way out needs the scope network:write, which this token lacks', { details: { scope: 'network:write' } });
}
