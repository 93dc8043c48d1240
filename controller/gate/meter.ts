import { Transform } from 'node:stream';

/** Bytes that went through a gate, and how many more may. */
export type Traffic = { up: number; down: number; maxUp: number; maxDown: number };

/** Why a stream was cut. */
export class GateCut extends Error {}

/** Counts bytes that are about to pass in one direction. Throws GateCut when they are more than its budget has left. */
export function spend(traffic: Traffic, direction: 'up' | 'down', bytes: number): void {
  const limit = direction === 'up' ? traffic.maxUp : traffic.maxDown;
  if (traffic[direction] + bytes > limit) throw new GateCut(`the ${direction === 'up' ? 'outgoing' : 'incoming'} budget of ${limit} bytes is used up`);
  traffic[direction] += bytes;
}

/** Counts what passes in one direction; cuts the stream when the budget is used up. `onPassed` is told of every chunk. */
export function meter(traffic: Traffic, direction: 'up' | 'down', onPassed: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        spend(traffic, direction, chunk.length);
      } catch (error) {
        done(error as GateCut);
        return;
      }
      onPassed(chunk.length);
      done(null, chunk);
    },
  });
}

/** Calls back once when nothing happened for `ms`; `touch` starts the time anew. */
export function idleTimer(ms: number, onIdle: () => void): { readonly touch: () => void; readonly stop: () => void } {
  const timer = setTimeout(onIdle, ms);
  return { touch: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
