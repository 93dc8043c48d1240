import type { Frame } from '../../sandbox-image/wire/index.ts';
import type { Desktop, DesktopEnd, Desktops, LeftProcess, PerformRequest, Performed } from '../../controller/desktops/desktop.ts';
import type { Expiry } from '../../controller/desktops/desktop-lifetime.ts';
import { VitrineError } from '../../controller/errors.ts';

/** A desktop in memory: it remembers every action id it was sent, as a shim's ledger does, and answers at once or when told. */
export type FakeDesktop = Desktop & {
  readonly performedIds: string[];
  readonly performedRequests: PerformRequest[];
  end(end: DesktopEnd): void;
  /** How many wait for its end. */
  listenerCount(): number;
  /** While set, `perform` waits for it. */
  gate: Promise<void> | undefined;
  /** While set, `fence` waits for it. */
  fenceGate: Promise<void> | undefined;
  /** Every control epoch that it was given. */
  readonly epochs: number[];
  processes: LeftProcess[];
  readonly files: Map<string, Buffer>;
  /** Every path that was written, in order. */
  readonly written: string[];
  /** While set, `writeFile` waits for it. */
  writeGate: Promise<void> | undefined;
  /** Why it writes nothing. */
  failWrite: VitrineError | undefined;
};

export type FakeDesktops = Desktops & { readonly made: Map<string, FakeDesktop>; failLaunch: string | undefined; newGate: Promise<void> | undefined; /** Their window shows in its title what was typed last, as terminals do. */ showsTyped: boolean; /** Says that a desktop reaches its maximum lifetime. */ expire(expiry: Expiry): void };

/** Desktops whose pictures are these bytes; a model's client wants them to be a PNG. */
export function fakeDesktops(bytesOf: (count: number) => Buffer = (count) => Buffer.from(`picture ${count}`)): FakeDesktops {
  const made = new Map<string, FakeDesktop>();
  const holders = new Map<string, string>();
  const releasesAt = new Map<string, number>();
  const listeners = new Set<() => void>();
  const expiring = new Set<(expiry: Expiry) => void>();
  const fake: FakeDesktops = {
    made,
    failLaunch: undefined,
    newGate: undefined,
    showsTyped: false,
    async launch(id, spec, owner, onStage) {
      if (fake.failLaunch !== undefined) throw new VitrineError('engine_unavailable', fake.failLaunch);
      onStage({ stage: 'container', ms: 1 });
      const desktop = fakeDesktop(id, spec.display, owner.project, bytesOf, () => fake.showsTyped);
      desktop.gate = fake.newGate;
      made.set(id, desktop);
      return desktop;
    },
    get: (id) => made.get(id),
    list: () => [...made.values()].map((desktop) => ({ ...desktop.view(), runId: holders.get(desktop.id) ?? null, releasesAt: releasesAt.get(desktop.id) ?? null })),
    hold(id, runId) {
      const holder = holders.get(id);
      if (holder !== undefined && holder !== runId) throw new VitrineError('conflict', `desktop ${id} is in use by run ${holder}`);
      holders.set(id, runId);
      releasesAt.delete(id);
    },
    letGo(id, _runId, keepForMs) {
      holders.delete(id);
      if (Number.isFinite(keepForMs)) releasesAt.set(id, Date.now() + keepForMs);
      for (const listener of listeners) listener();
    },
    async release(id, reason) {
      const desktop = made.get(id);
      made.delete(id);
      holders.delete(id);
      desktop?.end({ kind: 'released', reason });
      for (const listener of listeners) listener();
    },
    idleMs: () => undefined,
    onGone(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onExpiring(listener) {
      expiring.add(listener);
      return () => void expiring.delete(listener);
    },
    expire(expiry) {
      for (const listener of expiring) listener(expiry);
    },
    adopt: async () => [...made.values()],
    close: async () => {},
  };
  return fake;
}

function fakeDesktop(id: string, display: { width: number; height: number }, project: string, bytesOf: (count: number) => Buffer, showsTyped: () => boolean): FakeDesktop {
  const listeners = new Set<(end: DesktopEnd) => void>();
  const outcomes = new Map<string, Promise<Performed>>();
  let frames = 0;
  let ended: DesktopEnd | undefined;
  const picture = () => {
    frames += 1;
    const bytes = bytesOf(frames);
    const frame: Frame = {
      frameId: `f${frames.toString(36)}`, capturedAt: Date.now(), display, region: { x: 0, y: 0, ...display }, format: 'png', ...display,
      byteLength: bytes.length, hash: frames.toString(16).padStart(32, '0'), pointer: { x: 0, y: 0 },
      window: { title: showsTyped() ? titleOf(desktop.performedRequests) : 'shell', app: 'XTerm' },
    };
    return { frame, bytes };
  };
  const refuseEnded = () => {
    if (ended !== undefined) throw new VitrineError('gone', `desktop ${id} is gone: ${ended.reason}`);
  };
  const never = () => {
    throw new Error('this test has no use for it');
  };
  const outcomeOf = (actionId: string): Performed => {
    refuseEnded();
    const shown = picture();
    return {
      totalMs: 60,
      picture: shown,
      outcome: {
        actionId, status: 'performed', pointer: { x: 0, y: 0 }, effect: { kind: 'nothing' }, settled: true, waitedMs: 50, warnings: [], replayed: false,
        timings: { queueMs: 0, inputMs: 1, settleMs: 50, captureMs: 5 }, frame: shown.frame,
      },
    };
  };
  const desktop: FakeDesktop = {
    id,
    display,
    performedIds: [],
    performedRequests: [],
    gate: undefined,
    fenceGate: undefined,
    epochs: [],
    processes: [{ pid: 77, command: 'xterm', startedByHands: true }],
    files: new Map(),
    written: [],
    writeGate: undefined,
    failWrite: undefined,
    view: () => ({ id, state: 'ready', display, image: 'fake', project, createdAt: 1, runId: null, releasesAt: null, reason: null, stages: [] }),
    async perform(request) {
      refuseEnded();
      const known = outcomes.get(request.actionId);
      if (known !== undefined) {
        const { outcome, ...rest } = await known;
        return { ...rest, outcome: { ...outcome, replayed: true } };
      }
      desktop.performedIds.push(request.actionId);
      desktop.performedRequests.push(request);
      const performed = Promise.resolve(desktop.gate).then(() => outcomeOf(request.actionId));
      outcomes.set(request.actionId, performed);
      return performed;
    },
    async capture() {
      refuseEnded();
      return { ...picture(), settled: true, waitedMs: 50 };
    },
    get epoch() {
      return desktop.epochs.at(-1) ?? 0;
    },
    async setEpoch(epoch) {
      desktop.epochs.push(epoch);
      return { epoch, released: { keys: [], buttons: [] } };
    },
    async fence(epoch) {
      refuseEnded();
      await desktop.fenceGate;
      desktop.epochs.push(epoch);
      return { released: { keys: ['shift'], buttons: [] }, stopped: [], processes: desktop.processes, problem: null };
    },
    inEpoch: () => desktop,
    listLeftProcesses: async () => desktop.processes,
    async endProcess(pid) {
      desktop.processes = desktop.processes.filter((one) => one.pid !== pid);
    },
    release: async () => ({ released: { keys: [], buttons: [] } }),
    state: never,
    readClipboard: never,
    writeClipboard: never,
    async listFiles({ path }) {
      const prefix = path === undefined || path === '.' ? '' : `${path}/`;
      const inside = [...desktop.files.entries()].filter(([name]) => name.startsWith(prefix));
      const folders = prefix === '' && inside.some(([name]) => name.startsWith('Outbox/')) ? [{ path: 'Outbox', kind: 'folder' as const, size: 0, modifiedAt: 1 }] : [];
      return { entries: [...folders, ...inside.map(([name, bytes]) => ({ path: name, kind: 'file' as const, size: bytes.length, modifiedAt: 1 }))], truncated: false };
    },
    async readFile(path) {
      const bytes = desktop.files.get(path) ?? Buffer.alloc(0);
      return { size: bytes.length, content: (async function* () { yield bytes; })() };
    },
    async writeFile(path, content, maxBytes, signal) {
      refuseEnded();
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      const whole = Buffer.concat(chunks);
      if (whole.length > maxBytes) throw new VitrineError('payload_too_large', `${path} is too large`);
      const { promise: givenUp, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      await Promise.race([desktop.writeGate, givenUp]);
      refuseEnded();
      if (desktop.failWrite !== undefined) throw desktop.failWrite;
      desktop.files.set(path, whole);
      desktop.written.push(path);
      return { size: whole.length };
    },
    removeFile: never,
    runProgram: never,
    openProgram: never,
    openForwarder: never,
    openView: never,
    thumbnail: async () => ({ bytes: Buffer.from([0xff, 0xd8, 0xff, 0xd9]), tag: 'small' }),
    onEnd(listener) {
      if (ended !== undefined) queueMicrotask(() => listener(ended as DesktopEnd));
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    listenerCount: () => listeners.size,
    end(end) {
      if (ended !== undefined) return;
      ended = end;
      for (const listener of listeners) listener(end);
    },
  };
  return desktop;
}

function titleOf(performed: readonly PerformRequest[]): string {
  const last = performed.findLast(({ action }) => action.type === 'type')?.action;
  return last?.type === 'type' ? last.text.replaceAll(/\p{Cc}/gu, ' ').slice(0, 200) : 'shell';
}
