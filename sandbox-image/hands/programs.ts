import { spawn, type ChildProcess } from 'node:child_process';
import { limits, WireError } from '../wire/index.ts';
import type { ParsedParamsOf, ResultOf } from '../wire/method.ts';
import type { HandsMethods } from '../wire/hands-methods.ts';
import { codeOf, type HomeFolder } from './home-folder.ts';

const maxRunning = 32;
/** After a group was killed its pipes close at once, unless a process has left the group with them. */
const drainMs = 500;
const maxCommandCharacters = 400;

type RunParams = ParsedParamsOf<HandsMethods, 'runProgram'>;
type RunResult = ResultOf<HandsMethods, 'runProgram'>;

/** A program that was stopped before its end. */
export type Stopped = { readonly pid: number; readonly command: string };
/** A program that is being run; its process group has the number `pid`. */
type Running = { readonly epoch: number | undefined; readonly command: string; readonly stop: AbortController; pid?: number };

/** Programs run for the controller, as the agent's user. */
export type Programs = {
  /** Runs one program in a session and group of its own; the whole group is killed at its end, at the deadline and on abort. */
  run(params: RunParams, signal: AbortSignal): Promise<{ result: RunResult; output: Buffer }>;
  /** Kills the groups of all programs that run for an older epoch, or for none; their requests are refused with `stale_epoch`. */
  stopOlder(epoch: number): Stopped[];
  /** Starts a program that goes on by itself. */
  open(argv: readonly string[], cwd: string): Promise<number>;
  /** Session ids of what was started here. */
  readonly sessions: ReadonlySet<number>;
};

/** Makes the runner; `env` is the environment of the desktop's session, `kill` sends SIGKILL as kill(2) does. */
export function createPrograms(home: HomeFolder, env: NodeJS.ProcessEnv, kill: (pid: number) => void): Programs {
  const sessions = new Set<number>();
  const running = new Set<Running>();
  return {
    sessions,
    async run(params, signal) {
      if (running.size >= maxRunning) throw new WireError('limit_exceeded', `more than ${maxRunning} programs at a time`);
      assertArguments(params.argv, params.env);
      const entry: Running = { epoch: params.epoch, command: commandOf(params.argv), stop: new AbortController() };
      running.add(entry);
      try {
        const started = performance.now();
        const program = await start(home, params.argv, params.cwd, { ...env, ...params.env }, params.maxOutputBytes);
        entry.pid = program.child.pid ?? 0;
        sessions.add(entry.pid);
        return await follow(program, params, started, kill, AbortSignal.any([signal, entry.stop.signal]));
      } finally {
        running.delete(entry);
      }
    },
    stopOlder(epoch) {
      const older = [...running].filter((entry) => entry.epoch === undefined || entry.epoch < epoch);
      for (const { stop } of older) stop.abort(new WireError('stale_epoch', `control passed to epoch ${epoch}: the program was stopped`));
      return older.flatMap(({ pid, command }) => (pid === undefined ? [] : [{ pid, command }]));
    },
    async open(argv, cwd) {
      assertArguments(argv, {});
      const { child } = await start(home, argv, cwd, env, undefined);
      child.unref();
      sessions.add(child.pid ?? 0);
      return child.pid ?? 0;
    },
  };
}

function commandOf(argv: readonly string[]): string {
  return argv.join(' ').slice(0, maxCommandCharacters).toWellFormed();
}

function assertArguments(argv: readonly string[], env: Readonly<Record<string, string>>): void {
  const bytes = argv.reduce((sum, argument) => sum + Buffer.byteLength(argument) + 1, 0);
  if (bytes > limits.maxArgumentBytes) throw new WireError('limit_exceeded', `arguments of ${bytes} bytes; the limit is ${limits.maxArgumentBytes}: put a file`);
  if (argv[0] === '' || [...argv, ...Object.values(env)].some((text) => text.includes('\0'))) throw new WireError('invalid_request', 'an argument is empty where a program is named, or holds a NUL character');
}

type End = { readonly exitCode: number | null; readonly signal: string | null };
type Output = { readonly stdout: Buffer; readonly stderr: Buffer; readonly truncated: boolean };
type Started = { readonly child: ChildProcess; readonly ended: Promise<End>; readonly closed: Promise<void>; output(): Output };

async function start(home: HomeFolder, argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv, maxOutputBytes: number | undefined): Promise<Started> {
  const [program = '', ...rest] = argv;
  await using folder = await home.openFolder(home.split(cwd));
  const child = spawn(program, rest, { cwd: folder.at('.'), env, stdio: maxOutputBytes === undefined ? 'ignore' : 'pipe', detached: true, shell: false });
  // Listen before anything is awaited: a short program may have ended by then, and its output would be thrown away.
  const output = collect(child, maxOutputBytes ?? 0);
  const ended = new Promise<End>((resolve) => child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (reason) => reject(startError(reason, program)));
  });
  child.on('error', () => undefined); // a failed kill; the group is killed by number anyway
  return { child, ended, closed, output };
}

function startError(reason: unknown, program: string): WireError {
  const code = codeOf(reason);
  if (code === 'ENOENT') return new WireError('not_found', `there is no program ${program}`, { cause: reason });
  if (code === 'EACCES') return new WireError('forbidden', `${program} may not be run`, { cause: reason });
  if (code === 'EAGAIN' || code === 'ENOMEM') return new WireError('limit_exceeded', `${program} could not be started: the desktop has no room for another process`, { cause: reason });
  return WireError.from(reason);
}

async function follow({ child, ended, closed, output }: Started, params: RunParams, started: number, killProcess: (pid: number) => void, signal: AbortSignal): Promise<{ result: RunResult; output: Buffer }> {
  let timedOut = false;
  const kill = () => killGroup(child, killProcess);
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, params.deadlineMs);
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  try {
    child.stdin?.on('error', () => undefined); // it may end without reading
    child.stdin?.end(params.stdin);
    const end = await ended;
    kill();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, drainMs).unref())]);
    if (signal.aborted) throw signal.reason instanceof WireError ? signal.reason : new WireError('cancelled', 'the program was stopped');
    const { stdout, stderr, truncated } = output();
    const result = { ...end, timedOut, truncated, stdoutBytes: stdout.length, stderrBytes: stderr.length, durationMs: performance.now() - started };
    return { result, output: Buffer.concat([stdout, stderr]) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/** Keeps what fits and reads on beyond it, so that a program never stalls on a full pipe. */
function collect(child: ChildProcess, maxBytes: number): () => Output {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let left = maxBytes;
  let truncated = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      if (chunk.length > left) truncated = true;
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (part.length > 0) kept[name].push(part);
    });
    child[name]?.on('error', () => undefined); // a pipe that breaks has ended
  }
  return () => ({ stdout: Buffer.concat(kept.stdout), stderr: Buffer.concat(kept.stderr), truncated });
}

function killGroup(child: ChildProcess, kill: (pid: number) => void): void {
  if (child.pid === undefined) return;
  try {
    kill(-child.pid);
  } catch {
    // nobody is left in the group
  }
}
