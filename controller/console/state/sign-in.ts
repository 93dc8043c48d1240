import { ApiFailure } from '../api/api-failure.ts';
import { me, askWhoIAm } from './me.ts';

/** Signs in with a token; the browser gets a cookie that no script can read. Rejects with ApiFailure. */
export async function signIn(token: string): Promise<void> {
  const response = await fetch('/api/session', { method: 'POST', headers: { 'content-type': 'application/json', 'x-vitrine': '1' }, body: JSON.stringify({ token }) }).catch((reason: unknown) => {
    throw ApiFailure.from(reason);
  });
  if (!response.ok) throw await ApiFailure.of(response);
  await askWhoIAm();
}

/** Signs out: the session ends on the server, with every stream that it holds. */
export async function signOut(): Promise<void> {
  await fetch('/api/session', { method: 'DELETE', headers: { 'x-vitrine': '1' } }).catch(() => undefined); // Whoever cannot reach the server is signed out here all the same.
  me.value = null;
}
