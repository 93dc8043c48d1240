import assert from 'node:assert/strict';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';

type Sent = { readonly method?: string; readonly body?: unknown; readonly headers?: Readonly<Record<string, string | undefined>> };
export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string; json(): unknown };

/** One request with exactly these headers, as fetch does not let them be. */
export async function rawAsk(url: string, { method = 'GET', body, headers = {} }: Sent): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = Object.fromEntries(Object.entries({ ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  request(url, { method, headers: sent, agent: false }, (response) => {
    buffer(response).then((bytes) => {
      const answered = bytes.toString();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answered, json: () => JSON.parse(answered) as unknown });
    }, reject);
  }).on('error', reject).end(text);
  return promise;
}

/** What a browser sends by itself from a page at this address, with the header of Vitrine's own pages. */
export function fromOwnPage(url: string, cookie: string, method = 'GET'): Record<string, string> {
  return { cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', ...(method === 'GET' ? {} : { origin: new URL(url).origin, 'x-vitrine': '1' }) };
}

/** Signs in as a page does, and asks as that page from then on; headers given as undefined are left out. */
export async function signIn(url: string, token: string) {
  const answer = await rawAsk(`${url}/api/session`, { method: 'POST', body: { token }, headers: { 'sec-fetch-site': 'same-origin', origin: new URL(url).origin, 'x-vitrine': '1' } });
  assert.equal(answer.status, 200, answer.text);
  const written = answer.headers['set-cookie']?.[0] ?? '';
  const cookie = written.split(';')[0] ?? '';
  return {
    answer, written, cookie,
    ask: (path: string, { method = 'GET', body, headers = {} }: Sent = {}) => rawAsk(`${url}${path}`, { method, body, headers: { ...fromOwnPage(url, cookie, method), ...headers } }),
  };
}
