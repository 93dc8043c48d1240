import type { Backups } from '../../controller/api/backups.ts';
import { VitrineError } from '../../controller/errors.ts';

/** For an API over things in memory: there is nothing to back up. */
export const noBackups: Backups = {
  async *backUp() {
    yield Buffer.from('nothing');
  },
  async restore() {
    throw new VitrineError('unavailable', 'there is nothing to restore to');
  },
};
