import type { z } from 'zod';
import type { Scope } from '../access/scopes.ts';
import { directionOf } from '../dialects/passed-request.ts';
import { VitrineError } from '../errors.ts';
import { RunRequest } from '../runs/run.ts';
import { refusal } from './failures.ts';

/** What a request to the gateway may say about its run in the words of `POST /api/runs`: each as JSON in a header of its own, or in the metadata. */
export type RunDirections = Partial<Pick<RunRequest, 'network' | 'secrets' | 'policy' | 'budgets' | 'tools'>>;

/** The directions, by the field of a run that they are. */
const directed = { network: RunRequest.shape.network, secrets: RunRequest.shape.secrets, policy: RunRequest.shape.policy, budgets: RunRequest.shape.budgets, tools: RunRequest.shape.tools } as const;
type Field = keyof typeof directed;

/**
 * Reads `x-vitrine-network`, `-secrets`, `-policy`, `-budgets` and `-tools`, and where a header is absent `metadata.vitrine_network` and so on.
 * Throws `invalid_request` naming the header, and what `authorize` throws for a right that the token lacks.
 */
export function readDirections(headerOf: (name: string) => string | undefined, body: unknown, authorize: (scope: Scope) => void): RunDirections {
  const read = Object.fromEntries((Object.keys(directed) as Field[]).flatMap((field) => {
    const header = `x-vitrine-${field}`;
    const fromHeader = headerOf(header);
    const text = fromHeader ?? directionOf(body, `vitrine_${field}`);
    return text === undefined ? [] : [[field, valueOf(directed[field], text, fromHeader === undefined ? `metadata.vitrine_${field}` : header)]];
  })) as RunDirections;
  if (read.network !== undefined && read.network.mode !== 'none') withName('x-vitrine-network', () => authorize('network:write'));
  if (read.secrets !== undefined && read.secrets.length > 0) withName('x-vitrine-secrets', () => authorize('secrets:use'));
  return read;
}

/** Throws for directions other than the way out: in pass-through nothing is typed, judged or counted here. */
export function refuseBeyondNetwork({ network: _network, ...others }: RunDirections): void {
  const [field] = Object.keys(others);
  if (field !== undefined) throw refusal(`x-vitrine-${field} is for runs that are executed here: in pass-through every step is yours. Leave it out.`, `x-vitrine-${field}`, 'unsupported_parameter');
}

function valueOf(schema: z.ZodType, text: string, place: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal(`${place} is not valid JSON: send what the field of that name is in POST /api/runs, such as ${example(place)}.`, place);
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  throw refusal(`Invalid ${place}: ${where}${where === '' ? '' : ': '}${issue?.message ?? 'not valid'}.`, place);
}

function example(place: string): string {
  if (place.endsWith('network')) return '{"mode":"allow","allow":[{"host":"example.org"}]}';
  if (place.endsWith('secrets')) return '["bank"]';
  if (place.endsWith('tools')) return '["ask_person"]';
  return place.endsWith('policy') ? '[{"name":"no-mail","verdict":"ask","reason":"…","when":{…}}]' : '{"maxSteps":50}';
}

/** What a token may not do is said of the header that asked for it. */
function withName(header: string, check: () => void): void {
  try {
    check();
  } catch (reason) {
    const failure = VitrineError.from(reason);
    throw new VitrineError(failure.code, `${header}: ${failure.message}`, { cause: failure.cause, details: { ...failure.details, param: header } });
  }
}
