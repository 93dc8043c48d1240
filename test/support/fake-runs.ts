import { VitrineError } from '../../controller/errors.ts';
import type { Approval, Decision, QuestionReply } from '../../controller/approvals/approval.ts';
import type { Desktop, DesktopSpec, Performed } from '../../controller/desktops/desktop.ts';
import type { InboxItem } from '../../controller/runs/control/control.ts';
import type { RunEvent, RunFact } from '../../controller/runs/run-event.ts';
import type { Run, RunRequest } from '../../controller/runs/run.ts';
import type { DirectActions, NetworkChange, Page, Principal, RunControl, RunFilter, RunNetworkView, Runs } from '../../controller/runs/runs.ts';
import type { Upload } from '../../controller/runs/files/upload.ts';
import type { Uploads } from '../../controller/runs/files/uploads.ts';
import type { MemoryDesktops } from './memory-desktops.ts';
import { tinyPng } from './memory-desktops.ts';
import { sampleFrame, sampleRun } from './sample-run.ts';

/** Runs in memory: a test moves them by `tell`, and sees what callers asked for. */
export class FakeRuns implements Runs {
  readonly runs = new Map<string, Run>();
  readonly journal: RunEvent[] = [];
  readonly pending = new Map<string, Approval>();
  readonly messages: string[] = [];
  readonly marks = new Set<string>();
  /** How many direct actions were asked for. */
  directCalls = 0;
  /** Input of live views that was counted. */
  readonly inputs: string[] = [];
  /** The lease of whoever is in control, for live views; nobody is unless a test says so. */
  lease: string | undefined;
  /** What waits for a person. */
  waits: InboxItem[] = [];
  #passed = new AbortController();
  readonly control: RunControl = {
    view: (desktopId) => (this.#assertThere(desktopId), { desktopId, control: 'agent', holder: null, until: null, runId: null }),
    take: async (desktopId) => this.#nobody(desktopId),
    renew: (desktopId) => this.#nobody(desktopId),
    giveBack: (desktopId) => this.#nobody(desktopId),
    request: (desktopId) => this.#nobody(desktopId),
    processes: async (desktopId) => this.#nobody(desktopId),
    endProcess: async (desktopId) => this.#nobody(desktopId),
    admit: (desktopId, lease, _by, signal) => {
      if (lease === undefined) return signal;
      if (lease !== this.lease) this.#nobody(desktopId);
      return AbortSignal.any([signal, this.#passed.signal]);
    },
    noteInput: (_lease, kind) => void this.inputs.push(kind),
    holds: (_desktopId, lease) => lease === this.lease,
    inbox: () => this.waits,
  };
  /** What was uploaded, by id, with its bytes. */
  readonly uploaded = new Map<string, { readonly upload: Upload; readonly bytes: Buffer; readonly declaredBytes: number | undefined }>();
  readonly uploads: Uploads = {
    take: async (name, content, declaredBytes) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const upload: Upload = { id: `up-${this.uploaded.size + 1}`, name, size: bytes.length, sha256: '0'.repeat(64), createdAt: 1, expiresAt: 2, runId: null };
      this.uploaded.set(upload.id, { upload, bytes, declaredBytes });
      return upload;
    },
    get: (id) => this.#uploaded(id),
    remove: async (id) => void this.uploaded.delete(this.#uploaded(id).id),
  };
  /** Called when a run was created; plays its story. */
  onCreate: (run: Run, request: RunRequest) => void = () => undefined;
  readonly #listeners = new Set<() => void>();
  readonly #desktops: MemoryDesktops;
  #count = 0;

  constructor(desktops: MemoryDesktops) {
    this.#desktops = desktops;
  }

  /** How many listen for events now. */
  get listeners(): number {
    return this.#listeners.size;
  }

  mark(runId: string, mark: string): void {
    this.marks.add(`${runId} ${mark}`);
  }

  isMarked(runId: string, mark: string): boolean {
    return this.marks.has(`${runId} ${mark}`);
  }

  tell(runId: string, fact: RunFact, more: Partial<Run> = {}): void {
    this.journal.push({ sequence: this.journal.length + 1, runId, at: 1_700_000_000_000 + this.journal.length * 100, fact });
    const run = this.runs.get(runId);
    if (run !== undefined) {
      const ended = fact.type === 'run.ended' ? { state: fact.state, answer: fact.answer, failure: fact.failure, endedAt: 1_700_000_100_000 } : {};
      this.runs.set(runId, { ...run, ...(fact.type === 'state.changed' ? { state: fact.to } : {}), ...ended, ...more });
    }
    for (const listener of this.#listeners) listener();
  }

  end(runId: string, state: 'succeeded' | 'failed' | 'cancelled', answer: string | null = null): void {
    const failure = state === 'failed' ? { code: 'stuck' as const, message: 'it repeated itself' } : null;
    this.tell(runId, { type: 'run.ended', state, answer, failure, usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }, steps: 0, turns: 0 });
  }

  create(request: RunRequest, by: Principal): Run {
    if (request.model === 'nobody') throw new VitrineError('invalid_request', 'there is no model nobody');
    const run = sampleRun(`r-${this.#count += 1}`, { project: by.project, task: request.task, metadata: request.metadata, budgets: request.budgets });
    this.runs.set(run.id, run);
    this.tell(run.id, { type: 'run.created', driver: 'model', model: 'rehearsal', request, by: by.name });
    this.onCreate(run, request);
    return run;
  }

  launchDesktop(id: string, spec: DesktopSpec, by: Principal): Promise<Desktop> {
    return this.#desktops.launch(id, spec, { project: by.project, runId: undefined });
  }

  get(runId: string, by: Principal): Run {
    const run = this.runs.get(runId);
    if (run === undefined || run.project !== by.project) throw new VitrineError('not_found', `there is no run ${runId}`);
    return run;
  }

  list({ states, search, limit, after }: RunFilter, by: Principal) {
    const all = [...this.runs.values()].filter((run) => run.project === by.project && (states === undefined || states.includes(run.state)) && run.task.includes(search ?? '')).toReversed();
    const from = after === undefined ? 0 : all.findIndex((run) => run.id === after) + 1;
    const items = all.slice(from, from + limit);
    return { items, next: from + limit < all.length ? items.at(-1)?.id ?? null : null };
  }

  cancel(runId: string, _reason: string, by: Principal): Run {
    if (this.get(runId, by).endedAt === null) this.end(runId, 'cancelled');
    return this.get(runId, by);
  }

  pause(runId: string, by: Principal): Run {
    if (this.get(runId, by).endedAt !== null) throw new VitrineError('conflict', 'the run is over');
    this.tell(runId, { type: 'control.changed', control: 'paused', epoch: 1, by: by.name }, { control: 'paused' });
    return this.get(runId, by);
  }

  /** Control passes on; `isTold` false: only whoever asks learns of it. */
  passControl(isTold = true): void {
    this.lease = undefined;
    if (!isTold) return;
    this.#passed.abort();
    this.#passed = new AbortController();
  }

  resume(runId: string, by: Principal): Run {
    this.tell(runId, { type: 'control.changed', control: 'agent', epoch: 1, by: by.name }, { control: 'agent' });
    return this.get(runId, by);
  }

  message(runId: string, text: string, by: Principal): Run {
    this.messages.push(text);
    return this.get(runId, by);
  }

  answerCaller(): Run {
    throw new VitrineError('conflict', 'nothing is asked here');
  }

  changeNetwork(runId: string, { policy }: NetworkChange, by: Principal): RunNetworkView {
    return { ...this.network(runId, by), ...(policy === undefined ? {} : { policy }) };
  }

  network(runId: string, by: Principal): RunNetworkView {
    this.get(runId, by);
    return { policy: { mode: 'none' }, allowed: [], questions: [], hosts: [], quiet: 0 };
  }

  decide(approvalId: string, { decision, reason, digest, edits = [] }: Decision, by: Principal): Approval {
    const approval = this.approval(approvalId);
    if (approval.state !== 'pending') throw new VitrineError('conflict', `it was ${approval.state} already`, { details: { state: approval.state } });
    if (digest !== undefined && digest !== approval.digest) throw new VitrineError('conflict', 'this is not what is asked');
    const decided: Approval = { ...approval, state: decision === 'approve' ? 'approved' : 'denied', decidedAt: 2, decidedBy: by.name, reason: reason ?? null, edits };
    this.pending.set(approvalId, decided);
    return decided;
  }

  answerQuestion(approvalId: string, { answer, ...said }: QuestionReply, by: Principal): Approval {
    const decided: Approval = { ...this.decide(approvalId, { ...said, decision: answer === undefined ? 'deny' : 'approve' }, by), answer: answer ?? null };
    this.pending.set(approvalId, decided);
    return decided;
  }

  approval(approvalId: string): Approval {
    const approval = this.pending.get(approvalId);
    if (approval === undefined) throw new VitrineError('not_found', 'there is no such approval');
    return approval;
  }

  approvals({ state }: { readonly state?: Approval['state'] | undefined }): Page<Approval> {
    return { items: [...this.pending.values()].filter((approval) => state === undefined || approval.state === state), next: null };
  }

  events({ runId, after, limit, newest = false }: { readonly runId?: string | undefined; readonly after: number; readonly limit: number; readonly newest?: boolean | undefined }, by: Principal): readonly RunEvent[] {
    if (runId !== undefined) this.get(runId, by);
    const found = this.journal.filter((event) => event.sequence > after && (runId === undefined || event.runId === runId));
    return newest ? found.slice(-limit) : found.slice(0, limit);
  }

  onEvents(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async picture(runId: string, frameId: string, by: Principal) {
    this.get(runId, by);
    const fact = this.journal.map((event) => event.fact).find((each) => each.type === 'frame.captured' && each.frame.frameId === frameId);
    if (fact === undefined && frameId !== 'f1') throw new VitrineError('not_found', 'there is no such frame');
    return { frame: sampleFrame(frameId), bytes: tinyPng };
  }

  /** Every artefact has the content of this file. */
  async artefact(runId: string, artefactId: string, by: Principal) {
    const found = this.get(runId, by).artefacts.find(({ id }) => id === artefactId);
    if (found === undefined) throw new VitrineError('not_found', 'there is no such artefact');
    return { name: found.name, size: found.size, path: import.meta.filename };
  }

  withSecrets(text: string): string {
    return text;
  }

  async performDirectly(desktopId: string, request: DirectActions, by: Principal, signal: AbortSignal) {
    this.directCalls += 1;
    const desktop = this.#desktops.get(desktopId);
    if (desktop === undefined) throw new VitrineError('not_found', 'there is no such desktop');
    const run = sampleRun('r-direct', { driver: 'caller', project: by.project });
    this.runs.set(run.id, run);
    const performed: Performed[] = [];
    for (const [index, action] of request.actions.entries()) performed.push(await desktop.perform({ actionId: `a${index}`, epoch: 1, action, capture: request.capture }, signal));
    return { run, performed: request.capture === undefined ? performed.map((each) => ({ ...each, picture: undefined })) : performed };
  }

  async releaseDesktop(desktopId: string): Promise<void> {
    await this.#desktops.release(desktopId);
  }

  async ended(runId: string, by: Principal, signal: AbortSignal): Promise<Run> {
    const { promise, resolve, reject } = Promise.withResolvers<Run>();
    const look = () => {
      if (this.get(runId, by).endedAt !== null) resolve(this.get(runId, by));
    };
    const stop = this.onEvents(look);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    look();
    return promise.finally(stop);
  }

  #uploaded(id: string): Upload {
    const found = this.uploaded.get(id);
    if (found === undefined) throw new VitrineError('not_found', 'there is no such upload');
    return found.upload;
  }

  #nobody(desktopId: string): never {
    this.#assertThere(desktopId);
    throw new VitrineError('conflict', 'nobody is in control here');
  }

  #assertThere(desktopId: string): void {
    if (this.#desktops.get(desktopId) === undefined) throw new VitrineError('not_found', 'there is no such desktop');
  }
}
