import { call } from '../api/client.ts';
import { me } from './me.ts';

/** Signs in with a token; the browser gets a cookie that no script can read. Rejects with ApiFailure. */
export async function signIn(token: string): Promise<void> {
  me.value = await call('POST /api/session', { body: { token } });
}

/** Signs out: the session ends on the server, with every stream that it holds. */
export async function signOut(): Promise<void> {
  await call('DELETE /api/session').catch(() => undefined); // Whoever cannot reach the server is signed out here all the same.
  me.value = null;
}
