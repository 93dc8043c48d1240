import type { Ambience } from './ambience.ts';
import type { Screen } from './screen.ts';

/** Time between two samples of the resting screen. */
const sampleMs = 200;

/** Looks at the screen now and then while nothing is being done, so that what moves by itself is known. */
export type Watcher = Disposable & { run(isWatching: boolean): void };

/** Makes a watcher; `isActing` says that input is being given, when nothing can be learned about what moves by itself. */
export function createWatcher(screen: Screen, ambience: Ambience, now: () => number, isActing: () => boolean, failed: (reason: unknown) => void): Watcher {
  const eyes = screen.glances();
  let timer: NodeJS.Timeout | undefined;
  const sample = (): void => {
    if (isActing()) return;
    try {
      ambience.observe(eyes.glance(), now(), true);
    } catch (reason) {
      failed(reason);
    }
  };
  return {
    run(isWatching) {
      clearInterval(timer);
      timer = isWatching ? setInterval(sample, sampleMs) : undefined;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      eyes[Symbol.dispose]();
    },
  };
}
