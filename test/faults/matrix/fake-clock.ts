import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from '../../../controller/setup/apt.ts';

/** A wall clock that a test sets for one process; its monotonic clock and timers go on as they are. */
export type FakeClock = Disposable & { readonly environment: Readonly<Record<string, string>>; set(hours: number): void };

const library = () => globSync('/usr/lib/*/faketime/libfaketime.so.1')[0];

/** Makes one with Debian's libfaketime, which is installed if it is missing. */
export async function fakeClock(): Promise<FakeClock> {
  if (library() === undefined) await installPackages(['libfaketime'], 'install libfaketime by hand and run this again');
  const preload = library();
  if (preload === undefined) throw new Error('libfaketime is not where Debian puts it');
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-clock-'));
  const file = join(folder, 'now');
  const set = (hours: number) => writeFileSync(file, `${hours < 0 ? '-' : '+'}${Math.abs(hours)}h\n`);
  set(0);
  return {
    environment: { LD_PRELOAD: preload, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    set,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
