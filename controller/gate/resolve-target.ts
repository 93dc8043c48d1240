import { addressProblem, canonicalAddress } from './address.ts';

/** Asks for all addresses of a canonical host. Rejects when there are none, or not in time. */
export type ResolveNames = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/** An exact host that an administrator lets desktops reach although its address is not public. */
export type PrivateTarget = { readonly host: string; readonly address: string; readonly port: number };

export type TargetOptions = {
  readonly resolveNames: ResolveNames;
  /** Addresses of this machine and others that are never dialled, in canonical form. */
  readonly ownAddresses: () => ReadonlySet<string>;
  readonly privateTargets: readonly PrivateTarget[];
};

/** The addresses that a host may be dialled at, all checked; or why there are none. */
export type Target = { readonly addresses: readonly string[]; readonly isPrivate: boolean } | { readonly problem: string };

const resolveMs = 3000;
const maxAnswers = 16;

/**
 * Resolves a host and checks every address of the answer. One that is not public spoils the whole answer: mixing a public
 * with a private one is how names are rebound.
 */
export async function resolveTarget(host: string, port: number, options: TargetOptions, signal: AbortSignal): Promise<Target> {
  const listed = options.privateTargets.find((target) => target.host === host && target.port === port);
  if (listed !== undefined) return { addresses: [canonicalAddress(listed.address)], isPrivate: true };
  let answers: readonly string[];
  try {
    answers = await options.resolveNames(host, AbortSignal.any([signal, AbortSignal.timeout(resolveMs)]));
  } catch {
    return { problem: `the name ${host} could not be resolved` };
  }
  if (answers.length === 0) return { problem: `the name ${host} has no address` };
  if (answers.length > maxAnswers) return { problem: `the name ${host} has ${answers.length} addresses; at most ${maxAnswers} are believed` };
  const own = options.ownAddresses();
  for (const answer of answers) {
    const problem = addressProblem(answer, own);
    if (problem !== undefined) return { problem: `the name ${host} leads to an address that desktops may not reach: ${problem}` };
  }
  return { addresses: answers.map(canonicalAddress), isPrivate: false };
}
