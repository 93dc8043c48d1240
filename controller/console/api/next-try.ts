/** The waits between the tries of one connection. */
export type NextTry = {
  /** How long to wait after so many failures in a row: doubled with each, up to a ceiling, and drawn by lot from its upper half. */
  delayAfter(failures: number): number;
  /** Resolves when the time is over, when it is woken, or when nothing is tried any more. */
  wait(ms: number): Promise<void>;
  /** Ends the wait that is under way. */
  wake(): void;
};

/** Waits from `firstDelayMs` up to `maxDelayMs`, until `ended` is aborted. */
export function createNextTry({ firstDelayMs, maxDelayMs, ended }: { readonly firstDelayMs: number; readonly maxDelayMs: number; readonly ended: AbortSignal }): NextTry {
  let wake = () => {};
  return {
    delayAfter(failures) {
      const ceiling = Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - 1));
      return ceiling / 2 + (Math.random() * ceiling) / 2;
    },
    async wait(ms) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, ms);
      ended.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      clearTimeout(timer);
      wake = () => {};
    },
    wake: () => wake(),
  };
}
