import { computed, signal } from '@preact/signals';
import type { AnswerOf } from '../../api/contract.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { askAs, call, onSignedOut } from '../api/client.ts';
import { forgetPerson, keepFor } from './forget.ts';

export type Me = AnswerOf<'GET /api/me'>;

/** Who is signed in: `undefined` until that is known, `null` for nobody. */
export const me = signal<Me | null | undefined>(undefined);

/** Why it could not be found out who is signed in; null when it could. */
export const meFailure = signal<ApiFailure | null>(null);

/** Whether the session of who is signed in has ended meanwhile: `me` is still who it was, and nothing can be asked until they sign in again. */
export const hasEnded = signal(false);

const scopes = computed(() => new Set<string>(me.value?.scopes ?? []));

/** Whether who is signed in may do this: what is not allowed is not offered. Reading it subscribes to changes. */
export function may(scope: Me['scopes'][number]): boolean {
  return scopes.value.has(scope);
}

/** Whoever this page has shown something to. */
let shownTo: string | null = null;

/**
 * Takes who is signed in. Where it is somebody else than before, the page is loaded anew: what one saw and wrote is not another's to see.
 * What the browser keeps of another is gone before any page of this one reads it.
 */
export function takeWho(who: Me): void {
  if (shownTo !== null && shownTo !== who.name) {
    forgetPerson();
    return location.reload();
  }
  shownTo = who.name;
  keepFor(who.name);
  askAs(who.name);
  me.value = who;
  hasEnded.value = false;
}

/** Nothing is shown before it is known who is signed in: a question that gets stuck is given up early, and asked again. */
const timeoutMs = 5000;

/** Finds out who is signed in. Never rejects: `meFailure` says why it is not known. */
export async function askWhoIAm(): Promise<void> {
  try {
    takeWho(await call('GET /api/me', {}, { timeoutMs }));
    meFailure.value = null;
  } catch (reason) {
    const failure = ApiFailure.from(reason);
    meFailure.value = failure.code === 'unauthorized' ? null : failure;
  }
}

onSignedOut(() => {
  if (!me.value) me.value = null;
  else if (!hasEnded.value) {
    hasEnded.value = true;
    // Or it is somebody else's by now: then this page is, too.
    void askWhoIAm();
  }
});
