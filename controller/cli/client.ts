import type { AnswerOf, CallOf, RouteKey } from '../api/contract.ts';

/** Vitrine answered with an error. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Nothing answers at the address. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** Calls of the API, typed by its contract. Rejects with ApiFailure, Unreachable, or the signal's reason. */
export interface Client {
  readonly url: string;
  /** A route's JSON answer; undefined where it has none. */
  call<Key extends RouteKey>(key: Key, call: CallOf<Key>, signal: AbortSignal): Promise<AnswerOf<Key>>;
  /** Sends bytes as they come, to a route that takes them; a Blob with its length. */
  send<Key extends RouteKey>(key: Key, content: AsyncIterable<Uint8Array> | Blob, signal: AbortSignal, query?: Readonly<Record<string, string>>): Promise<AnswerOf<Key>>;
  /** The answer itself, for pictures, files, pages and streams. */
  open<Key extends RouteKey>(key: Key, call: CallOf<Key>, signal: AbortSignal, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/** A client of the Vitrine at `url`. */
export function createClient(url: string, token: string | undefined): Client {
  const open: Client['open'] = async (key, call, signal, headers = {}) => {
    const [method = 'GET', path = ''] = key.split(' ');
    const { params = {}, query = {}, body } = call as { params?: Record<string, string>; query?: Record<string, string | undefined>; body?: unknown };
    const target = new URL(filled(path, params), url);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(name, value);
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(target, { method, signal, ...content, headers: { ...content.headers, ...authorization, ...headers } }).catch((reason: unknown) => {
      if (signal.aborted) throw reason;
      throw new Unreachable(`nothing answers at ${url}: start Vitrine, or set VITRINE_URL`, { cause: reason });
    });
    if (!response.ok) throw await failureOf(response);
    return response;
  };
  return {
    url,
    open,
    async send(key, content, signal, query = {}) {
      const [method = 'POST', path = ''] = key.split(' ');
      const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const body = content instanceof Blob ? content : ReadableStream.from(content);
      const target = new URL(path, url);
      for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
      const response = await fetch(target, { method, body, duplex: 'half', signal, headers: { 'content-type': 'application/octet-stream', ...authorization } }).catch((reason: unknown) => {
        if (signal.aborted) throw reason;
        throw new Unreachable(`nothing answers at ${url}, or the connection was lost: start Vitrine, or set VITRINE_URL`, { cause: reason });
      });
      if (!response.ok) throw await failureOf(response);
      return (await response.json()) as AnswerOf<typeof key>;
    },
    async call(key, call, signal) {
      const response = await open(key, call, signal, { accept: 'application/json' });
      const text = await response.text();
      return (text === '' ? undefined : JSON.parse(text)) as AnswerOf<typeof key>;
    },
  };
}

function filled(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => (params[name] ?? '').split('/').map(encodeURIComponent).join(name === 'path' ? '/' : '%2F'));
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new ApiFailure(response.status, error.code, error.message);
  } catch {
    return new ApiFailure(response.status, 'unknown', `HTTP ${response.status} from ${response.url}, which is no answer of Vitrine`);
  }
}
