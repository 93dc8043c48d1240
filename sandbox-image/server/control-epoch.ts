import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeWhole } from './controller-fence.ts';
import { WireError } from '../wire/index.ts';

/** The desktop's control epoch: who may give input belongs to a number, and older numbers are refused. */
export type ControlEpoch = {
  readonly present: number;
  /** Raises the epoch. Returns false if it is the present one already; throws WireError `stale_epoch` if it is lower. */
  raise(epoch: number): boolean;
  /** Throws WireError `stale_epoch` unless `epoch` is the present one. */
  assertPresent(epoch: number): void;
};

/** Opens the epoch that is kept in `file`; 0 where there is none. */
export function openControlEpoch(file: string): ControlEpoch {
  let present = read(file);
  return {
    get present() {
      return present;
    },
    raise(epoch) {
      if (epoch === present) return false;
      if (epoch < present) throw new WireError('stale_epoch', `control epoch ${epoch} is older than the present one, ${present}`);
      writeWhole(file, String(epoch));
      present = epoch;
      return true;
    },
    assertPresent(epoch) {
      if (epoch !== present) throw new WireError('stale_epoch', `what was asked belongs to control epoch ${epoch}; the present one is ${present}`);
    },
  };
}

function read(file: string): number {
  try {
    return z.coerce.number().int().nonnegative().parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return 0;
    throw cause;
  }
}
