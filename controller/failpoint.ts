import { appendFileSync } from 'node:fs';

/** Told that the program has come to a named point; whoever listens may count it, or end the process there. */
export type Failpoint = (name: string) => void;

/** Nobody listens. */
export const noFailpoint: Failpoint = () => {};

/** What a failpoint can do to the process it is in. */
export type Harm = { readonly kill: () => void; readonly pause: () => void };

type Step = { readonly name: string; readonly hit: number; readonly mode: 'kill' | 'throw' | 'pause' | 'pass' | 'delay'; readonly ms: number };

/** `name:n:mode`. A name holds no colon. */
const stepText = /^([^:]+):(\d{1,6}):(?:(kill|throw|pause|pass)|(delay)\((\d{1,6})\))$/;
const countText = /^count\((.+)\)$/;

/**
 * Reads a plan of faults: chains with commas between, each of steps `name:n:mode` with `>` between. A step happens at the
 * n-th hit of its name, counted from when the step before it happened. Modes: `kill` (SIGKILL), `pause` (SIGSTOP),
 * `throw`, `delay(ms)` (the whole process stands still), `pass` (nothing). `count(file)` writes every hit's name into
 * that file, one a line. Throws on anything else, naming it.
 */
export function readFailpoints(plan: string, harm: Harm): Failpoint {
  const listeners = plan.split(',').map((part) => {
    const file = countText.exec(part.trim())?.[1];
    return file === undefined ? chain(part.split('>').map(readStep), harm) : (name: string) => appendFileSync(file, `${name}\n`);
  });
  return (name) => {
    for (const listener of listeners) listener(name);
  };
}

function readStep(text: string): Step {
  const [, name, hit, mode, delay, ms] = stepText.exec(text.trim()) ?? [];
  if (name === undefined) throw new Error(`VITRINE_FAILPOINT: ${JSON.stringify(text)} is not name:n:mode with the mode kill, throw, pause, pass or delay(ms), nor count(file)`);
  return { name, hit: Number(hit), mode: (mode ?? delay ?? 'pass') as Step['mode'], ms: Number(ms ?? 0) };
}

function chain(steps: readonly Step[], harm: Harm): Failpoint {
  let at = 0;
  let hits = 0;
  return (name) => {
    const step = steps[at];
    if (step === undefined || step.name !== name) return;
    hits += 1;
    if (hits < step.hit) return;
    at += 1;
    hits = 0;
    happen(step, harm);
  };
}

function happen({ name, mode, ms }: Step, harm: Harm): void {
  switch (mode) {
    case 'kill':
      return harm.kill();
    case 'pause':
      return harm.pause();
    case 'throw':
      throw new Error(`failpoint ${name}`);
    case 'delay':
      return void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    case 'pass':
      return;
  }
}
