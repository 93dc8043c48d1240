import { readFileSync } from 'node:fs';
import { WireError } from '../wire/index.ts';

/** Whether this desktop can still be used. Once broken it stays broken. */
export type Brokenness = {
  /** Why the desktop is broken; looks at the warden's file too. */
  reason(): string | undefined;
  fail(reason: string): void;
  refusal(): WireError | undefined;
};

/** Watches for the loss of the X server: told by the shim itself, or by the warden through `file`. `told` is called once. */
export function watchForBreak(file: string, told: (reason: string) => void): Brokenness {
  let broken: string | undefined;
  const fail = (reason: string): void => {
    if (broken !== undefined) return;
    broken = reason.slice(0, 1900);
    told(broken);
  };
  const reason = (): string | undefined => {
    if (broken === undefined) {
      const text = readIfThere(file);
      if (text !== undefined) fail(text.trim() === '' ? 'the desktop is broken' : text.trim());
    }
    return broken;
  };
  return {
    reason,
    fail,
    refusal() {
      const why = reason();
      return why === undefined ? undefined : new WireError('desktop_broken', why);
    },
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // not there: not broken
  }
}
