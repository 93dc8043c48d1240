import { setTimeout as delay } from 'node:timers/promises';
import type { Region } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { ReadinessStage, StageTime } from './desktop.ts';
import type { OpenDesktop } from './open-desktop.ts';

const betweenAsksMs = 15;
/** Long enough for a panel that is still drawing itself to show a change. */
const quiet = { floorMs: 60, quietMs: 60, ceilingMs: 1500 };

/** Keeps the times of stages in order; `current` is the stage being waited for. */
export class StageClock {
  readonly #onStage: (time: StageTime) => void;
  #since = performance.now();
  current: ReadinessStage = 'container';

  constructor(onStage: (time: StageTime) => void) {
    this.#onStage = onStage;
  }

  /** The current stage is reached; `next` is waited for from now on. */
  reached(next: ReadinessStage): void {
    const now = performance.now();
    const time = { stage: this.current, ms: Math.round((now - this.#since) * 10) / 10 };
    this.#since = now;
    this.current = next;
    this.#onStage(time);
  }
}

/**
 * Waits until X server and shim answer: the shim's hello says that the X server is there, its state that it speaks with
 * it. Rejects when the container ends or the desktop says that it is broken, or with the signal's reason.
 */
export async function awaitServers(desktop: Pick<OpenDesktop, 'connect' | 'state'>, clock: StageClock, signal: AbortSignal): Promise<void> {
  await until(() => answered(desktop.connect(signal)), signal);
  clock.reached('shim');
  await desktop.state(signal);
  clock.reached('window-manager');
}

/** Waits until the window manager shows the panel's window. */
export async function awaitWindowManager(desktop: OpenDesktop, clock: StageClock, signal: AbortSignal): Promise<void> {
  await until(async () => (await desktop.state(signal)).windows.length > 0, signal);
  clock.reached('first-frame');
}

/** Waits until the screen has been quiet for a while and shows more than an empty screen. */
export async function awaitFirstFrame(desktop: OpenDesktop, clock: StageClock, signal: AbortSignal): Promise<void> {
  await until(async () => (await desktop.capture({ settle: quiet }, signal)).settled && await showsSomething(desktop, signal), signal);
  clock.reached('first-frame');
}

/** Whether the four quarters of the screen differ: they are equal on an empty screen. The panel is in the lower ones. */
async function showsSomething(desktop: OpenDesktop, signal: AbortSignal): Promise<boolean> {
  const width = Math.floor(desktop.display.width / 2);
  const height = Math.floor(desktop.display.height / 2);
  const quarters: Region[] = [0, 2, 1, 3].map((quarter) => ({ x: (quarter % 2) * width, y: Math.floor(quarter / 2) * height, width, height }));
  const hashes = new Set<string>();
  for (const region of quarters) {
    hashes.add((await desktop.capture({ capture: { region, pointer: false } }, signal)).frame.hash);
    if (hashes.size > 1) return true;
  }
  return false;
}

/** Nobody listens yet, or who listens is still too busy with starting to answer in time: no failure as long as the launch may take. */
const notYet: ReadonlySet<string> = new Set(['unavailable', 'deadline_exceeded']);

async function answered(connecting: Promise<void>): Promise<boolean> {
  try {
    await connecting;
    return true;
  } catch (error) {
    if (error instanceof VitrineError && notYet.has(error.code)) return false;
    throw error;
  }
}

async function until(isReached: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!await isReached()) await delay(betweenAsksMs, undefined, { signal });
}
