import { effect } from '@preact/signals';
import { startLive, stopLive, waitingCount } from './live.ts';
import { askWhoIAm, me } from './me.ts';
import { startClock } from './now.ts';
import { applySettings } from './settings.ts';

/** Starts what runs for as long as the page is open: settings, clock, who is signed in, and while somebody is, the live state. */
export function begin(): void {
  applySettings();
  startClock();
  effect(() => {
    document.title = waitingCount.value > 0 ? `(${waitingCount.value}) Vitrine` : 'Vitrine';
  });
  let follows: string | null = null;
  effect(() => {
    const who = me.value?.name ?? null;
    if (who === follows) return;
    follows = who;
    if (who === null) stopLive();
    else startLive();
  });
  void askWhoIAm();
}
