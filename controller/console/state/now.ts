import { effect, signal } from '@preact/signals';
import { aheadMs, clock } from '../api/clock.ts';

/** The time by the server's clock in milliseconds since the epoch, moved on once a second: one clock for everything that counts up or down. */
export const now = signal(clock());

/** Starts the clock; it ticks on the full second, so that everything changes together. */
export function startClock(): void {
  const tick = () => {
    now.value = clock();
    setTimeout(tick, 1000 - (clock() % 1000));
  };
  tick();
  effect(() => {
    void aheadMs.value;
    now.value = clock();
  });
}
