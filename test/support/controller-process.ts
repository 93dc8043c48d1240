import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Approval } from '../../controller/approvals/approval.ts';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { RunEvent } from '../../controller/runs/run-event.ts';
import { finalStates, RunState } from '../../controller/runs/run.ts';
import type { Run } from '../../controller/runs/run.ts';

const main = resolve(import.meta.dirname, '../../controller/main.ts');
const startMs = 60_000;
/** Without one, each start compiles all sources anew. An ordered end writes it. */
const compileCache = join(tmpdir(), 'vitrine-compile-cache');
const token = 'token-of-the-test-suite';
const unfinished = RunState.options.filter((state) => !finalStates.includes(state)).join(',');
const lastEndMs = 20_000;

/** A controller as a process of its own, on a data folder and an installation id of its own. */
export class ControllerProcess {
  readonly dataFolder: string;
  readonly installId: string;
  readonly log: string[] = [];
  readonly #program: string;
  #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #url = '';

  private constructor(dataFolder: string, environment: Readonly<Record<string, string>>, program: string) {
    this.dataFolder = dataFolder;
    this.#program = program;
    this.installId = `test-${dataFolder.slice(-6).toLowerCase()}`;
    this.#environment = environment;
  }

  /** Starts one on a new data folder; `program` composes it otherwise. Rejects with its log when it does not listen. */
  static async start(environment: Readonly<Record<string, string>> = {}, program = main): Promise<ControllerProcess> {
    const controller = new ControllerProcess(await mkdtemp(join(tmpdir(), 'vitrine-e2e-')), environment, program);
    await controller.startAgain();
    return controller;
  }

  get url(): string {
    return this.#url;
  }

  /** The id of the process; 0 when none was started. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#environment['VITRINE_TOKEN'] ?? token}` };
  }

  /** Starts a process on the same data folder, as after a crash or an upgrade. */
  async startAgain(environment: Readonly<Record<string, string>> = this.#environment): Promise<void> {
    this.#environment = environment;
    const child = spawn(process.execPath, [this.#program], {
      env: { NODE_COMPILE_CACHE: compileCache, ...process.env, VITRINE_DATA: this.dataFolder, VITRINE_LISTEN: '127.0.0.1:0', VITRINE_TOKEN: token, VITRINE_INSTALL_ID: this.installId, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    const { promise, resolve: listening, reject } = Promise.withResolvers<string>();
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.log.push(line);
      if (line.includes('"msg":"listening"')) listening(String(JSON.parse(line).url));
    });
    child.once('exit', (code) => reject(new Error(`the controller ended with ${code} before it listened:\n${this.log.slice(-20).join('\n')}`)));
    const late = setTimeout(() => reject(new Error(`the controller did not listen within ${startMs} ms:\n${this.log.slice(-20).join('\n')}`)), startMs);
    this.#url = await promise.finally(() => clearTimeout(late));
  }

  /** Whether the process ran and is over, however it ended. */
  get isOver(): boolean {
    const child = this.#child;
    return child !== undefined && (child.exitCode !== null || child.signalCode !== null);
  }

  /** Whether a signal ended the process. */
  get wasKilled(): boolean {
    return this.#child?.signalCode === 'SIGKILL';
  }

  /** Ends the process: SIGKILL leaves it no last word, SIGTERM lets it drain. Resolves with its exit code. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  /** Sends a signal and does not wait for what comes of it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#child?.kill(signal);
  }

  /** Resolves with the exit code once the process has ended; null for one that a signal ended. */
  async exited(): Promise<number | null> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child?.exitCode ?? null;
  }

  /** Ends every run, releases every desktop, ends the process and removes the data folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endAll().catch(() => {}); // A controller that was killed has nothing to say; the run of all tests looks for what is left.
    await this.kill('SIGTERM');
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  /** A launch under way ends with its run: a controller that ends before leaves its container to the next one. */
  async #endAll(): Promise<void> {
    for (;;) {
      const { runs } = await this.get<{ runs: Run[] }>(`/api/runs?limit=200&state=${unfinished}`);
      if (runs.length === 0) break;
      await Promise.all(runs.map(({ id }) => this.post(`/api/runs/${id}/cancel`)));
      await Promise.all(runs.map(({ id }) => this.ended(id, lastEndMs)));
    }
    const { desktops } = await this.get<{ desktops: DesktopView[] }>('/api/desktops');
    await Promise.all(desktops.map(({ id }) => this.request('DELETE', `/api/desktops/${id}`)));
  }

  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    return fetch(`${this.#url}${path}`, { method, ...content, headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers } });
  }

  async get<Answer>(path: string): Promise<Answer> {
    return answerOf<Answer>(await this.request('GET', path));
  }

  async post<Answer>(path: string, body?: unknown): Promise<Answer> {
    return answerOf<Answer>(await this.request('POST', path, body));
  }

  run(runId: string): Promise<Run> {
    return this.get<Run>(`/api/runs/${runId}`);
  }

  async events(runId: string): Promise<RunEvent[]> {
    const all: RunEvent[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: { events: RunEvent[]; next: number | null } = await this.get(`/api/runs/${runId}/events?after=${after}&limit=500`);
      all.push(...page.events);
      after = page.events.length === 0 ? null : page.next;
    }
    return all;
  }

  /** Waits for a run to be as wanted. Rejects with the run's last view when it ends otherwise or takes too long. */
  async until(runId: string, isWanted: (run: Run) => boolean, withinMs = 90_000): Promise<Run> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const run = await this.run(runId);
      if (isWanted(run)) return run;
      if (run.endedAt !== null || Date.now() > deadline) throw new Error(`run ${runId} is not as wanted:\n${JSON.stringify(run, null, 2)}\n${this.log.slice(-15).join('\n')}`);
      await new Promise((next) => setTimeout(next, 20));
    }
  }

  ended(runId: string, withinMs = 120_000): Promise<Run> {
    return this.until(runId, (run) => run.endedAt !== null, withinMs);
  }

  async pendingApproval(runId: string): Promise<Approval> {
    const run = await this.until(runId, ({ state }) => state === 'awaitingSafetyAck');
    return this.get<Approval>(`/api/approvals/${run.approvalId}`);
  }
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text) as Answer;
}
