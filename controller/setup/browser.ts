import { existsSync } from 'node:fs';
import { installPackages, isRootOnDebian } from './apt.ts';
import { SetupFailure } from './setup-failure.ts';
import type { Stage } from './stage.ts';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** Where the browser for tests is; undefined if there is none. */
export function browserPath(): string | undefined {
  return places.find((place) => existsSync(place));
}

/** The browser in which the console is tested: any Chromium that is there, else Debian's. */
export const browserStage: Stage = {
  name: 'test browser',
  check: async () => {
    const path = browserPath();
    return { ready: path !== undefined, detail: path ?? 'no Chromium' };
  },
  make: async (tell) => {
    if (!isRootOnDebian()) throw new SetupFailure('the tests of the console need Chromium, and it cannot be installed here (that needs root on Debian or Ubuntu): install it and run this again.');
    tell('installing chromium');
    await installPackages(['chromium'], 'install Chromium by hand and run this again');
    return browserPath() ?? 'installed';
  },
};
