import { ApiFailure } from '../api/api-failure.ts';
import { call } from '../api/client.ts';
import { forgetPerson } from './forget.ts';
import { askWhoIAm, hasEnded, me, takeWho } from './me.ts';
import { tell } from './toasts.ts';

type Word = 'signed in' | 'signed out';

let otherTabs: BroadcastChannel | undefined;

/** Goes with the other tabs of this browser, which has one cookie for all: in with them, and out. Call once. */
export function followOtherTabs(): void {
  otherTabs = new BroadcastChannel('vitrine.session');
  otherTabs.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data === 'signed in') void askWhoIAm();
    else if (me.value) {
      forgetPerson();
      location.reload();
    }
  };
}

/** Signs in with a token; the browser gets a cookie that no script can read. Rejects with ApiFailure. */
export async function signIn(token: string): Promise<void> {
  takeWho(await call('POST /api/session', { body: { token } }));
  toldOthers('signed in');
}

/**
 * Signs out: first here, where every stream ends with the pages that follow it, then on the server, where the session is over.
 * The page is loaded anew after that, and shows the sign-in only then: nothing that was shown or written is there for whoever comes next.
 */
export async function signOut(): Promise<void> {
  me.value = undefined;
  hasEnded.value = false;
  const failure = await call('DELETE /api/session').then(() => null, (reason: unknown) => ApiFailure.from(reason));
  if (failure !== null && failure.status === 0) {
    me.value = null;
    tell('failed', 'Vitrine could not be reached: this browser is signed out only once you have signed out there.');
    return;
  }
  toldOthers('signed out');
  forgetPerson();
  location.reload();
}

function toldOthers(word: Word): void {
  otherTabs?.postMessage(word);
}
