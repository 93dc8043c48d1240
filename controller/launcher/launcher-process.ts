import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export type LauncherProcessOptions = {
  /** The Node to run it with. */
  readonly node: string;
  /** All of its environment: what the launcher needs, no key of anybody. */
  readonly environment: Readonly<Record<string, string>>;
  /** Told when it ended without being asked to; it is started again. */
  readonly onEnd: (how: string) => void;
};

const program = new URL('main.ts', import.meta.url).pathname;
const firstPauseMs = 100;
const longestPauseMs = 5000;
/** Having run this long, it was well. */
const wellMs = 10_000;
const endMs = 3000;

/**
 * The launcher as a child of this process, started again whenever it ends by itself, with a growing pause. It ends by
 * itself when this process does, however that happens: its standard input ends then.
 */
export class LauncherProcess implements AsyncDisposable {
  readonly #options: LauncherProcessOptions;
  readonly #ready = Promise.withResolvers<void>();
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;
  #isClosed = false;

  constructor(options: LauncherProcessOptions) {
    this.#options = options;
    this.#start();
  }

  /** Resolves when it listens for the first time. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** The process that is running; undefined between two. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #start(): void {
    const startedAt = performance.now();
    const child = spawn(this.#options.node, [program, '--until-input-ends'], { env: this.#options.environment, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    child.stdin.on('error', () => {}); // It has ended: that is told below.
    child.stdout.once('data', () => this.#ready.resolve()).on('error', () => {});
    let isOver = false;
    const over = (how: string) => {
      if (isOver) return;
      isOver = true;
      this.#child = undefined;
      if (this.#isClosed) return;
      this.#options.onEnd(how);
      this.#pauseMs = performance.now() - startedAt > wellMs ? firstPauseMs : Math.min(this.#pauseMs * 2, longestPauseMs);
      this.#timer = setTimeout(() => this.#start(), this.#pauseMs);
    };
    child.once('error', (error) => over(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => over(`ended with ${signal ?? String(code)}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#ready.resolve();
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    const late = setTimeout(() => child.kill('SIGKILL'), endMs);
    child.stdin?.end();
    await ended.finally(() => clearTimeout(late));
  }
}
