import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { XServer } from './x-server.ts';

const sampleMs = 3;
/** Samples in which the process must have slept without having been woken in between. */
const restingSamples = 3;
const giveUpMs = 2000;

/**
 * Waits until a process sleeps. A program that waits for events is woken the moment one arrives, so one that has slept for
 * some samples, while the X server answered us in between, has none left. A process that is ready to run but gets no
 * processor counts as running. False if it does not come to rest within 2 s or cannot be seen.
 */
export async function comesToRest(server: Pick<XServer, 'pointer'>, pid: number | undefined, signal: AbortSignal): Promise<boolean> {
  if (pid === undefined) return false;
  const deadline = performance.now() + giveUpMs;
  let last: string | undefined;
  for (let resting = 0; resting < restingSamples; ) {
    if (signal.aborted || performance.now() > deadline) return false;
    await server.pointer();
    const status = await readFile(`/proc/${pid}/task/${pid}/status`, 'utf8').catch(() => undefined); // gone
    if (status === undefined) return false;
    const sleep = sleepOf(status);
    resting = sleep !== undefined && sleep === last ? resting + 1 : 0;
    last = sleep;
    await pause(sampleMs);
  }
  return true;
}

/** Which sleep a thread is in: the counts of its switches, which change whenever it wakes; undefined if it does not sleep. */
function sleepOf(status: string): string | undefined {
  if (!/^State:\tS/m.test(status)) return undefined;
  return (status.match(/^(?:non)?voluntary_ctxt_switches:.*$/gm) ?? []).join();
}
