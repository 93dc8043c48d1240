import { computed, effect, signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { desktops, runs } from '../../state/live.ts';
import { sessionsOf } from '../../state/session-status.ts';
import type { Session } from '../../state/session-status.ts';

const one = new Map<string, Signal<Session>>();

/** Every session; `undefined` until they are known. */
export const sessions = computed(() => (desktops.value === undefined || runs.value === undefined ? undefined : sessionsOf(desktops.value, runs.value)));

/** One session by its key: whoever reads it is drawn again when this one changes, and not with the others. */
export function sessionAt(key: string): ReadonlySignal<Session> | undefined {
  return one.get(key);
}

effect(() => {
  const now = sessions.value ?? [];
  const keys = new Set(now.map(({ key }) => key));
  for (const key of one.keys()) if (!keys.has(key)) one.delete(key);
  for (const session of now) {
    const known = one.get(session.key);
    if (known === undefined) one.set(session.key, signal(session));
    else if (known.peek().run !== session.run || known.peek().desktop !== session.desktop) known.value = session;
  }
});

/** The keys of these sessions; the same list as before if it says the same, so that nobody is drawn again for nothing. */
export function keysOf(before: readonly string[], now: readonly Session[]): readonly string[] {
  return before.length === now.length && now.every(({ key }, index) => key === before[index]) ? before : now.map(({ key }) => key);
}
