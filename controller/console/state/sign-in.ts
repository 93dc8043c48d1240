import { call } from '../api/client.ts';
import { hasEnded, me } from './me.ts';

/** Signs in with a token; the browser gets a cookie that no script can read. Rejects with ApiFailure. */
export async function signIn(token: string): Promise<void> {
  const before = me.value;
  const who = await call('POST /api/session', { body: { token } });
  // What somebody else saw is not theirs to see.
  if (before && (before.name !== who.name || before.project !== who.project)) location.reload();
  me.value = who;
  hasEnded.value = false;
}

/** Signs out: first here, where every stream ends with the pages that follow it, then on the server, where the session is over. */
export async function signOut(): Promise<void> {
  me.value = null;
  hasEnded.value = false;
  await call('DELETE /api/session').catch(() => undefined); // Whoever cannot reach the server is signed out here all the same.
}
