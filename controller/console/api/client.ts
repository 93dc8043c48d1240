import type { AnswerOf, CallOf, RouteKey } from '../../api/contract.ts';
import { ApiFailure } from './api-failure.ts';
import { noteServerTime } from './clock.ts';

export type CallOptions = {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body of a route that takes bytes. */
  readonly bytes?: Blob;
  /** How long an answer is waited for; half a minute unless said otherwise. */
  readonly timeoutMs?: number;
};

/** A query's values are written into the URL: numbers and booleans may be given as they are. */
type Written<Query> = { readonly [Name in keyof Query]: Query[Name] | number | boolean | undefined };
type SentTo<Key extends RouteKey> = Omit<CallOf<Key>, 'query'> & { readonly query?: Written<NonNullable<CallOf<Key>['query']>> };
type Arguments<Key extends RouteKey> = undefined extends CallOf<Key>['params'] ? [sent?: SentTo<Key>, options?: CallOptions] : [sent: SentTo<Key>, options?: CallOptions];

const defaultTimeoutMs = 30_000;
const signedOutListeners = new Set<() => void>();
let asker: string | null = null;

/** For whom this page asks from now on. */
export function askAs(name: string): void {
  asker = name;
}

/** Says for whom this page asks: the cookie is the whole browser's, and may be somebody else's by now. */
export function askerHeader(): Readonly<Record<string, string>> {
  return asker === null ? {} : { 'x-vitrine-as': asker };
}

/** Calls back whenever an answer says that nobody is signed in (any more). Returns how to stop. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/** Asks a route of the contract and resolves with its JSON; `undefined` for 204. Rejects with ApiFailure. */
export async function call<Key extends RouteKey>(key: Key, ...[sent, options]: Arguments<Key>): Promise<AnswerOf<Key>> {
  const response = await request(key, ...([sent, options] as Arguments<Key>));
  if (response.status === 204) return undefined as AnswerOf<Key>;
  try {
    return (await response.json()) as AnswerOf<Key>;
  } catch (reason) {
    throw ApiFailure.from(reason);
  }
}

/** Asks a route and resolves with its answer as it is: for pictures, files and pages. Rejects with ApiFailure unless it is a success (or 304). */
export async function request<Key extends RouteKey>(key: Key, ...[sent, { signal, headers = {}, bytes, timeoutMs = defaultTimeoutMs } = {}]: Arguments<Key>): Promise<Response> {
  const { params, query, body } = (sent ?? {}) as { readonly params?: Record<string, unknown>; readonly query?: Record<string, unknown>; readonly body?: unknown };
  const [method = 'GET'] = key.split(' ');
  const content = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
  const deadline = AbortSignal.timeout(timeoutMs);
  const askedAt = Date.now();
  const response = await fetch(urlOf(key, params, query), {
    method,
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    headers: {
      ...(method === 'GET' ? {} : { 'x-vitrine': '1' }),
      ...(key === 'GET /api/me' ? {} : askerHeader()),
      ...(content === undefined ? {} : { 'content-type': bytes === undefined ? 'application/json' : 'application/octet-stream' }),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content }),
  }).catch((reason: unknown) => {
    throw ApiFailure.from(reason);
  });
  noteServerTime(response.headers.get('date'), askedAt, Date.now());
  if (response.ok || response.status === 304) return response;
  throw await failureOf(response);
}

/** The failure that an answer tells of; whoever waits for nobody to be signed in (any more) is told. For what is not asked by `request`, too. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  const failure = await ApiFailure.of(response);
  if (failure.code === 'unauthorized') for (const listener of signedOutListeners) listener();
  return failure;
}

/** Path and query of a route with its parameters in place: for links, downloads and pictures. Throws ApiFailure for a parameter that would lead to another route. */
export function urlOf(key: RouteKey, params: Readonly<Record<string, unknown>> = {}, query: Readonly<Record<string, unknown>> = {}): string {
  const [, template = ''] = key.split(' ');
  const path = template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const parts = name === 'path' ? String(params[name]).split('/') : [String(params[name])];
    if (parts.some((part) => part === '.' || part === '..')) throw new ApiFailure('invalid_request', `${parts.join('/')} cannot be asked for: it would lead elsewhere`);
    return parts.map(encodeURIComponent).join('/');
  });
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const search = new URLSearchParams(asked.map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : String(value)]));
  return search.size === 0 ? path : `${path}?${search}`;
}
