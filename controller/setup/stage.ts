import { SetupFailure } from './setup-failure.ts';

/** What a stage found: whether it is there, and in a few words what. */
export type StageState = { readonly ready: boolean; readonly detail: string };

/** One step of the set-up: `check` only looks, `make` brings it about and may tell what it is doing. */
export type Stage = {
  readonly name: string;
  /** Nothing else needs it: its absence is told, and is no failure. */
  readonly optional?: boolean;
  readonly check: () => Promise<StageState>;
  readonly make: (tell: (doing: string) => void) => Promise<string>;
};

const nameWidth = 14;

/** One line of progress: mark, name, detail, and the seconds it took. */
export function stageLine(mark: string, name: string, detail: string, startedAtMs: number): string {
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  return `${mark} ${name.padEnd(nameWidth)} ${detail} (${seconds} s)`;
}

/** Reports the state of every stage without changing anything; true when all that are not optional are ready. */
export async function checkStages(stages: readonly Stage[], print: (line: string) => void): Promise<boolean> {
  let allReady = true;
  for (const stage of stages) {
    const startedAtMs = performance.now();
    const state = await stage.check();
    allReady &&= state.ready || stage.optional === true;
    print(stageLine(state.ready ? '✓' : stage.optional ? '-' : '✗', stage.name, state.detail, startedAtMs));
  }
  return allReady;
}

/** Makes every stage that is not ready, in order; false at the first that cannot be had, after saying why. */
export async function makeStages(stages: readonly Stage[], print: (line: string) => void): Promise<boolean> {
  for (const stage of stages) {
    const startedAtMs = performance.now();
    try {
      const state = await stage.check();
      const detail = state.ready
        ? state.detail
        : await stage.make((doing) => print(`… ${stage.name.padEnd(nameWidth)} ${doing}`));
      print(stageLine('✓', stage.name, detail, startedAtMs));
    } catch (error) {
      if (!(error instanceof SetupFailure)) throw error;
      print(stageLine('✗', stage.name, error.message, startedAtMs));
      if (error.detail) print(error.detail.replace(/^/gm, '    '));
      return false;
    }
  }
  return true;
}
