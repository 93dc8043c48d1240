import { signal } from '@preact/signals';

/** How far the server's clock is ahead of this computer's, in milliseconds; 0 while they agree as far as can be told. */
export const aheadMs = signal(0);

/** An answer's header Date counts whole seconds. */
const grainMs = 1000;
/** An answer that took longer says too little about when it was written. */
const maxRoundTripMs = 4000;

/** The time by the server's clock, in milliseconds since the epoch: deadlines are its, whatever this computer believes. */
export function clock(): number {
  return Date.now() + aheadMs.peek();
}

/** Takes the time that an answer was written at from its header Date; `askedAt` and `answeredAt` by this computer's clock. */
export function noteServerTime(date: string | null, askedAt: number, answeredAt: number): void {
  const ahead = aheadOf(date, askedAt, answeredAt);
  if (ahead === undefined) return;
  const doubtMs = grainMs + (answeredAt - askedAt) / 2;
  if (Math.abs(ahead - aheadMs.peek()) > doubtMs) aheadMs.value = Math.abs(ahead) > doubtMs ? Math.round(ahead) : 0;
}

function aheadOf(date: string | null, askedAt: number, answeredAt: number): number | undefined {
  const writtenAt = Date.parse(date ?? '') + grainMs / 2;
  const took = answeredAt - askedAt;
  return Number.isNaN(writtenAt) || took < 0 || took > maxRoundTripMs ? undefined : writtenAt - (askedAt + answeredAt) / 2;
}
