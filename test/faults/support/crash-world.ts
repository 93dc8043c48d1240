import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { Approval } from '../../../controller/approvals/approval.ts';
import { label } from '../../../controller/launcher/labels.ts';
import type { Run } from '../../../controller/runs/run.ts';
import { ControllerProcess } from '../../support/controller-process.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Acknowledged } from './invariants.ts';
import { readJournal } from './journal-reader.ts';
import type { StoredHistory } from './journal-reader.ts';
import { startSteadyVendor } from './steady-vendor.ts';
import type { Script, SteadyVendor } from './steady-vendor.ts';

const runMs = 60_000;

/** A controller that may end at any moment, the model's server, and a client that goes on as soon as somebody answers. */
export class CrashWorld implements AsyncDisposable {
  readonly vendor: SteadyVendor;
  readonly controller: ControllerProcess;
  readonly acknowledged: Acknowledged[] = [];
  readonly #scripts: Map<string, Script>;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(vendor: SteadyVendor, controller: ControllerProcess, scripts: Map<string, Script>, environment: Readonly<Record<string, string>>) {
    this.vendor = vendor;
    this.controller = controller;
    this.#scripts = scripts;
    this.#environment = environment;
  }

  /** Starts both; `program` composes the controller otherwise. */
  static async start(options: { readonly environment?: Readonly<Record<string, string>>; readonly program?: string } = {}): Promise<CrashWorld> {
    await using undo = new AsyncDisposableStack();
    const scripts = new Map<string, Script>();
    const vendor = undo.use(await startSteadyVendor((task) => scripts.get(task) ?? { turns: [], answer: `there is no script ${task}` }));
    const environment = { OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted', VITRINE_LOG_LEVEL: 'info', ...options.environment };
    const controller = undo.use(await ControllerProcess.start(environment, options.program));
    undo.move();
    return new CrashWorld(vendor, controller, scripts, environment);
  }

  /** Starts the controller again, to fail by this plan. It may be over before it listens. */
  async startAgain(plan = ''): Promise<void> {
    await this.controller.startAgain({ ...this.#environment, ...(plan === '' ? {} : { VITRINE_FAILPOINT: plan }) }).catch((error: unknown) => {
      if (plan === '' || !this.controller.isOver) throw error;
    });
  }

  /** Sends a file for a run that is to come; its id. */
  async upload(text: string): Promise<string> {
    const response = await fetch(`${this.controller.url}/api/uploads?name=letter.txt`, { method: 'POST', body: text, headers: this.controller.headers });
    return (await response.json() as { readonly id: string }).id;
  }

  /** Gives a task whose turns are those of the script. Undefined when the controller was gone before it answered. */
  async begin(name: string, script: Script, request: object): Promise<Run | undefined> {
    this.#scripts.set(name, script);
    const run = await this.ask<Run>('POST', '/api/runs', { task: `Do it. [script ${name}]`, model: 'scripted', ...request });
    if (run !== undefined) this.acknowledged.push({ kind: 'run', runId: run.id });
    return run;
  }

  /** The run that works on a script, if its creation was written down. */
  runOf(name: string): StoredHistory | undefined {
    return readJournal(this.controller.dataFolder, (journal) => journal.runIds().map((id) => journal.history(id)).findLast(({ view }) => view.task.includes(`[script ${name}]`)));
  }

  runIds(): string[] {
    return readJournal(this.controller.dataFolder, (journal) => journal.runIds());
  }

  history(runId: string): StoredHistory {
    return readJournal(this.controller.dataFolder, (journal) => journal.history(runId));
  }

  /**
   * Follows a run and approves what is asked, until it is over (then its view) or the controller is (then undefined).
   * With a signal it follows through every life until that is given.
   */
  async follow(runId: string, signal?: AbortSignal): Promise<Run | undefined> {
    const deadline = Date.now() + runMs;
    while (signal?.aborted !== true) {
      const run = await this.ask<Run>('GET', `/api/runs/${runId}`);
      if (run !== undefined && run.endedAt !== null) return run;
      if (run === undefined && signal === undefined && this.controller.isOver) return undefined;
      if (run?.state === 'awaitingSafetyAck' && run.approvalId !== null) await this.#approve(runId, run.approvalId);
      if (signal === undefined && Date.now() > deadline) throw new Error(`run ${runId} is not over after ${runMs} ms: ${JSON.stringify(run)}\n${this.controller.log.slice(-15).join('\n')}`);
      await this.pause();
    }
    return undefined;
  }

  /** Between two looks at a controller. */
  async pause(): Promise<void> {
    await setTimeout(20);
  }

  /** Waits until `more` events are written, but not for longer than `ms`. */
  async grown(more: number, ms: number): Promise<void> {
    const events = () => readJournal(this.controller.dataFolder, (journal) => journal.events());
    const enough = events() + more;
    await waitFor('more events', () => events() >= enough, ms).catch(() => {}); // The time is up.
  }

  /** Waits until the controller answers, or the signal is given. */
  async answering(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.ask('GET', '/healthz')) === undefined) await this.pause();
  }

  /** Waits until a run of a caller performs nothing any more. */
  async settled(runId: string): Promise<void> {
    await waitFor('the caller’s run', async () => (await this.ask<Run>('GET', `/api/runs/${runId}`))?.state === 'awaitingCaller', runMs);
  }

  /** Waits until the process is over; rejects when it is still there after `ms`. */
  async over(ms = 10_000): Promise<void> {
    await waitFor('the end of the controller', () => this.controller.isOver, ms);
  }

  /** The ids of the desktops of which there is a container in the engine, in whatever state. */
  containers(): string[] {
    const text = execFileSync('docker', ['ps', '--all', '--filter', `label=${label.install}=${this.controller.installId}`, '--format', `{{.Label "${label.desktop}"}}`], { encoding: 'utf8' });
    return text.split('\n').filter((line) => line !== '');
  }

  /** A person says something, then approves. */
  async #approve(runId: string, approvalId: string): Promise<void> {
    await this.ask('POST', `/api/runs/${runId}/messages`, { text: `I look at ${approvalId}` });
    const approval = await this.ask<Approval>('POST', `/api/approvals/${approvalId}/decision`, { decision: 'approve' });
    if (approval !== undefined) this.acknowledged.push({ kind: 'decision', runId: approval.runId, approvalId, state: approval.state });
  }

  /** Asks the API. The answer; undefined when there is none because the controller is gone, or says that it cannot now. */
  async ask<Answer>(method: string, path: string, body?: object): Promise<Answer | undefined> {
    let response: Response;
    let text: string;
    try {
      response = await this.controller.request(method, path, body);
      text = await response.text();
    } catch {
      return undefined; // The connection ended with the process.
    }
    if (response.ok) return JSON.parse(text) as Answer;
    assert.ok([404, 409, 503].includes(response.status), `${method} ${path}: ${response.status} ${text}`);
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.controller.isOver) await this.startAgain();
    await this.controller[Symbol.asyncDispose]();
    await this.vendor[Symbol.asyncDispose]();
  }
}
