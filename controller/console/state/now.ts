import { signal } from '@preact/signals';

/** The time in milliseconds since the epoch, moved on once a second: one clock for everything that counts up or down. */
export const now = signal(Date.now());

/** Starts the clock; it ticks on the full second, so that everything changes together. */
export function startClock(): void {
  const tick = () => {
    now.value = Date.now();
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  tick();
}
