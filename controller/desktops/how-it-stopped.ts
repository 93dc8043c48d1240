import { setTimeout as delay } from 'node:timers/promises';
import { VitrineError } from '../errors.ts';
import type { Launcher } from '../launcher/launcher.ts';

const inspectMs = 5000;
const betweenLooksMs = 100;

/** How a container stopped, in words; undefined if it runs, or if nobody knows. Never rejects. */
export async function howItStopped(launcher: Launcher, containerId: string): Promise<string | undefined> {
  try {
    const { state, exitCode } = await launcher.inspect(containerId, AbortSignal.timeout(inspectMs));
    if (state === 'running' || state === 'paused') return undefined;
    return exitCode === undefined ? 'its container has stopped' : `its container ended with exit code ${exitCode}`;
  } catch (error) {
    return error instanceof VitrineError && error.code === 'gone' ? 'its container is gone' : undefined;
  }
}

/** The same of a container that may just be stopping, which the engine does not say before it has stopped: looks again for `graceMs`. */
export async function howItStops(launcher: Launcher, containerId: string, graceMs: number): Promise<string | undefined> {
  const deadline = performance.now() + graceMs;
  for (;;) {
    const stopped = await howItStopped(launcher, containerId);
    if (stopped !== undefined || performance.now() >= deadline) return stopped;
    await delay(betweenLooksMs);
  }
}
