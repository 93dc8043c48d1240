import { spawn } from 'node:child_process';

/** What a finished program left behind; `stdout` and `stderr` are bounded to their last `maxOutput` characters. */
export type ProgramResult = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** How a program is run. `firstOutputTimeoutMs` ends it when nothing at all was printed by then. */
export type ProgramOptions = {
  readonly timeoutMs: number;
  readonly firstOutputTimeoutMs?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
};

const maxOutput = 64_000;
const noStart = 127;
const overrun = 124;

/**
 * Runs a program with an argument array and no input, and resolves with its exit code: 127 when it could not be
 * started, 124 when it was ended at its time limit. Never rejects.
 */
export function runProgram(command: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    });
    const output = { stdout: '', stderr: '' };
    let limitReached = '';
    const stop = (reason: string): void => {
      limitReached = reason;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 2_000).unref();
    };
    const whole = setTimeout(() => stop(`not finished after ${options.timeoutMs} ms`), options.timeoutMs);
    const first = options.firstOutputTimeoutMs
      ? setTimeout(() => stop(`silent for ${options.firstOutputTimeoutMs} ms`), options.firstOutputTimeoutMs)
      : undefined;
    const finish = (code: number, note: string): void => {
      clearTimeout(whole);
      clearTimeout(first);
      resolve({ code, stdout: output.stdout, stderr: note ? `${output.stderr}${note}\n` : output.stderr });
    };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        clearTimeout(first);
        output[name] = (output[name] + text).slice(-maxOutput);
      });
    }
    child.on('error', (error) => finish(noStart, error.message));
    child.on('close', (code) => finish(limitReached ? overrun : (code ?? overrun), limitReached));
  });
}

/** The last `lines` non-empty lines of what a program printed, stderr after stdout: the part that tells why it failed. */
export function outputTail(result: ProgramResult, lines = 12): string {
  const all = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return all.slice(-lines).join('\n');
}
