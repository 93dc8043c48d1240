import { effect } from '@preact/signals';
import { connection, holdLive, startLive, stopLive, waitingCount } from './live.ts';
import { askWhoIAm, hasEnded, me, meFailure } from './me.ts';
import { startClock } from './now.ts';
import { applySettings } from './settings.ts';
import { followOtherTabs } from './sign-in.ts';

/**
 * Who is signed in is asked again for as long as that is not known: a failure passes, and a session that has ended may be followed by
 * another without a word to this tab, by another page or by the answer to a sign-in that is still on its way.
 */
const askAgainMs = 2000;

/** Starts what runs for as long as the page is open: settings, clock, who is signed in, and while somebody is, the live state. */
export function begin(): void {
  applySettings();
  startClock();
  followOtherTabs();
  effect(() => {
    document.title = waitingCount.value > 0 ? `(${waitingCount.value}) Vitrine` : 'Vitrine';
  });
  let follows: string | null = null;
  effect(() => {
    const who = hasEnded.value ? 'nobody any more' : (me.value?.name ?? null);
    if (who === follows) return;
    follows = who;
    if (hasEnded.value) holdLive();
    else if (who === null) stopLive();
    else startLive();
  });
  effect(() => {
    if (connection.value.kind === 'refused' && connection.value.status === 401) void askWhoIAm();
  });
  effect(() => {
    if (!hasEnded.value && meFailure.value === null) return undefined;
    let isAsking = false;
    const again = setInterval(() => {
      if (document.hidden || isAsking) return;
      isAsking = true;
      void askWhoIAm().finally(() => {
        isAsking = false;
      });
    }, askAgainMs);
    return () => clearInterval(again);
  });
  void askWhoIAm();
}
