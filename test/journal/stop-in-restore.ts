import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

// Puts the journal that is staged in the folder of the first argument in place, and is killed in place of the rename of
// that number: a crash that no test could time.
const [, , folder = '', after = '0'] = process.argv;
const rename = fs.renameSync;
let left = Number(after);
fs.renameSync = (from, to) => {
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  left -= 1;
  rename(from, to);
};
syncBuiltinESMExports();
const { appoint, putInPlace } = await import('../../controller/journal/put-in-place.ts');
appoint(folder, join(folder, 'temporary', 'staged'));
putInPlace(folder);
