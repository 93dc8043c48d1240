import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { VitrineError } from '../../controller/errors.ts';
import type { Desktop, DesktopEnd, DesktopOwner, DesktopSpec, Desktops, DesktopState, DesktopView, PerformRequest } from '../../controller/desktops/desktop.ts';
import { offScreen } from '../../sandbox-image/wire/index.ts';
import { sampleFrame } from './sample-run.ts';

/** The smallest PNG: one transparent pixel. */
export const tinyPng = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** A desktop that keeps files and clipboard in memory and remembers what it was asked. */
export class MemoryDesktop {
  readonly id: string;
  readonly files = new Map<string, Buffer>();
  readonly performed: PerformRequest[] = [];
  readonly captures: unknown[] = [];
  clipboard = '';
  /** The servers' ends of the live views that were opened, in order. */
  readonly views: { readonly mode: 'view' | 'control'; readonly stream: Duplex }[] = [];
  readonly endListeners = new Set<(end: DesktopEnd) => void>();
  released = 0;
  state: DesktopState = 'ready';
  thumbnail = { bytes: tinyPng, tag: 'tiny' };
  readonly #view: DesktopView;

  constructor(id: string, spec: DesktopSpec, project: string) {
    this.id = id;
    this.#view = { id, state: 'ready', display: spec.display, image: 'vitrine-desktop:latest', project, createdAt: 1, runId: null, releasesAt: null, reason: null, stages: [] };
  }

  get display() {
    return this.#view.display;
  }

  view(): DesktopView {
    return { ...this.#view, state: this.state };
  }
}

/** The port over a desktop in memory. */
export function asDesktop(desktop: MemoryDesktop): Desktop {
  return {
    id: desktop.id,
    display: desktop.display,
    view: () => desktop.view(),
    async perform(request) {
      desktop.performed.push(request);
      const problem = offScreen(request.action, desktop.display);
      const frame = sampleFrame(`f${desktop.performed.length}`, { window: { title: 'Grüße 你好 🙂', app: 'XTerm' } });
      return {
        totalMs: 60,
        picture: { frame, bytes: tinyPng },
        outcome: {
          actionId: request.actionId, status: problem === undefined ? 'performed' : 'refused', pointer: { x: 1, y: 1 }, effect: { kind: 'nothing' }, settled: true, waitedMs: 1,
          timings: { queueMs: 0, inputMs: 1, settleMs: 1, captureMs: 1 }, warnings: [], replayed: false, frame,
        },
      };
    },
    async capture(options) {
      desktop.captures.push(options);
      const format = options.capture?.format ?? 'png';
      return { frame: sampleFrame('f9', { format }), bytes: tinyPng, settled: options.settle !== undefined, waitedMs: 0 };
    },
    epoch: 0,
    async fence() {
      return { released: { keys: [], buttons: [] }, stopped: [], processes: [], problem: null };
    },
    inEpoch: () => asDesktop(desktop),
    async listLeftProcesses() {
      return [];
    },
    async endProcess() {},
    async setEpoch(epoch) {
      return { epoch, released: { keys: [], buttons: [] } };
    },
    async release() {
      desktop.released += 1;
      return { released: { keys: [], buttons: [] } };
    },
    async state() {
      return { held: { keys: [], buttons: [] }, pointer: { x: 1, y: 2 }, activeWindow: 'xterm', windows: ['xterm'] };
    },
    async readClipboard() {
      return desktop.clipboard;
    },
    async writeClipboard(text) {
      desktop.clipboard = text;
    },
    async listFiles() {
      return { entries: [...desktop.files].map(([path, content]) => ({ path, kind: 'file' as const, size: content.length, modifiedAt: 1 })), truncated: false };
    },
    async readFile(path) {
      const content = desktop.files.get(path);
      if (content === undefined) throw new VitrineError('not_found', `there is no file ${path}`);
      return { size: content.length, content: (async function* () { yield content; })() };
    },
    async writeFile(path, content, maxBytes) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      const whole = Buffer.concat(chunks);
      if (whole.length > maxBytes) throw new VitrineError('payload_too_large', 'too large');
      desktop.files.set(path, whole);
      return { size: whole.length };
    },
    async removeFile(path) {
      if (!desktop.files.delete(path)) throw new VitrineError('not_found', `there is no file ${path}`);
    },
    async runProgram(request) {
      const stdout = request.argv[0] === 'binary' ? Buffer.from([0xff, 0x00, 0xfe]) : Buffer.from(`${request.argv.join(' ')}\n`);
      return { exitCode: 0, signal: null, timedOut: false, truncated: false, stdoutBytes: stdout.length, stderrBytes: 0, durationMs: 1, stdout, stderr: Buffer.alloc(0) };
    },
    async openForwarder() {
      throw new VitrineError('unavailable', 'desktops in memory have no way out');
    },
    async openView(mode) {
      const [stream, server] = duplexPair();
      desktop.views.push({ mode, stream: server });
      return stream;
    },
    async thumbnail() {
      return desktop.thumbnail;
    },
    async openProgram() {
      return { pid: 1 };
    },
    onEnd(listener) {
      desktop.endListeners.add(listener);
      return () => void desktop.endListeners.delete(listener);
    },
  };
}

/** Desktops in memory. */
export class MemoryDesktops implements Desktops {
  readonly all = new Map<string, MemoryDesktop>();
  readonly launches: { id: string; spec: DesktopSpec; owner: DesktopOwner }[] = [];

  add(id: string, project = 'default'): MemoryDesktop {
    const desktop = new MemoryDesktop(id, { display: { width: 1280, height: 800 }, template: 'default' }, project);
    this.all.set(id, desktop);
    return desktop;
  }

  async launch(id: string, spec: DesktopSpec, owner: DesktopOwner): Promise<Desktop> {
    this.launches.push({ id, spec, owner });
    const desktop = new MemoryDesktop(id, spec, owner.project);
    this.all.set(id, desktop);
    return asDesktop(desktop);
  }

  get(id: string): Desktop | undefined {
    const desktop = this.all.get(id);
    return desktop?.state === 'ready' ? asDesktop(desktop) : undefined;
  }

  list(): DesktopView[] {
    return [...this.all.values()].map((desktop) => desktop.view());
  }

  hold(): void {}

  letGo(): void {}

  async release(id: string): Promise<void> {
    this.all.delete(id);
  }

  idleMs(): undefined {
    return undefined;
  }

  onExpiring(): () => void {
    return () => {};
  }

  onGone(): () => void {
    return () => undefined;
  }

  async adopt(): Promise<Desktop[]> {
    return [];
  }

  async close(): Promise<void> {}
}
