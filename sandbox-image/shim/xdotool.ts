import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { WireError } from '../wire/index.ts';

/** An answer takes well under a millisecond per command; one that takes this long never comes. */
const answerMs = 10_000;

type Waiting = { resolve(): void; reject(reason: Error): void };

/**
 * One long-lived `xdotool -`, fed line by line. Every line ends with a question to the X server whose answer says that
 * everything before it has arrived there. It asks for the size of the root window, which nothing can take away:
 * `getmouselocation` also looks at the window under the pointer, and dies when that one has just closed, as a menu does. What xdotool writes to its standard error is a failure: it exits 0 on unknown names.
 * A process that dies fails the line under way and is replaced at the next.
 */
export class Xdotool implements Disposable {
  readonly #env: NodeJS.ProcessEnv;
  #process: ChildProcessWithoutNullStreams | undefined;
  #waiting: Waiting | undefined;
  #complaints = '';
  #turn: Promise<unknown> = Promise.resolve();

  /** `env` must hold DISPLAY and PATH. */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Runs commands in order; the X server has them all when this resolves. Rejects with WireError `internal` if xdotool complains or dies. */
  run(...commands: readonly string[]): Promise<void> {
    const result = this.#turn.then(() => this.#runLine([...commands, 'getdisplaygeometry'].join(' ')));
    this.#turn = result.catch(() => undefined); // the caller gets the failure; the next line must run all the same
    return result;
  }

  async #runLine(line: string): Promise<void> {
    const child = this.#process ?? this.#start();
    this.#complaints = '';
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        timer = setTimeout(() => reject(new WireError('internal', `xdotool has not answered for ${answerMs} ms`)), answerMs);
        child.stdin.write(`${line}\n`);
      });
      // A complaint is written before the answer: it is readable in the same turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#complaints !== '') throw new WireError('internal', `xdotool: ${this.#complaints.trim().slice(0, 500)}`);
    } catch (reason) {
      this.#stop();
      throw reason;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  #start(): ChildProcessWithoutNullStreams {
    const child = spawn('xdotool', ['-'], { env: this.#env, stdio: 'pipe' });
    const lost = (reason: string) => {
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#waiting?.reject(new WireError('internal', `xdotool ${reason}${this.#complaints === '' ? '' : `: ${this.#complaints.trim().slice(0, 500)}`}`));
    };
    child.on('error', (error) => lost(`could not be started: ${error.message}`));
    child.on('close', (code, signal) => lost(`ended (${signal ?? code})`));
    child.stdin.on('error', () => undefined); // 'close' reports the death
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaints = `${this.#complaints}${text}`.slice(0, 4096)));
    createInterface({ input: child.stdout }).on('line', (line) => this.#answer(line));
    this.#process = child;
    return child;
  }

  #answer(line: string): void {
    if (/^\d+ \d+$/.test(line)) this.#waiting?.resolve();
  }

  #stop(): void {
    const child = this.#process;
    this.#process = undefined;
    child?.kill('SIGKILL');
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#waiting?.reject(new WireError('internal', 'the shim ends'));
  }
}
