import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import type { ContainerSpec } from '../../controller/launcher/launcher.ts';

export type Outcome = { readonly code: number; readonly output: string };

/** A desktop's container as the launcher makes it, without a controller. Removed when it goes out of scope. */
export class DesktopContainer implements AsyncDisposable {
  readonly #id: string;

  private constructor(id: string) {
    this.#id = id;
  }

  /** Starts a container and waits until its X server answers; with `session`, until its window manager does. */
  static async start(given: Partial<ContainerSpec> & { readonly session?: boolean } = {}): Promise<DesktopContainer> {
    const { session = true, ...spec } = given;
    const launcher = dockerLauncher();
    const signal = AbortSignal.timeout(60_000);
    const { containerId } = await launcher.create({ ...defaults(), ...spec }, signal);
    const container = new DesktopContainer(containerId);
    try {
      await launcher.start(containerId, signal);
      await container.until('warden', 'xset q', 30_000);
      if (session) await container.startSession();
      return container;
    } catch (error) {
      await container[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the session and waits until its window manager answers. */
  async startSession(): Promise<void> {
    await dockerLauncher().startPart(this.#id, 'session', AbortSignal.timeout(30_000));
    await this.until('agent', 'xprop -root _NET_SUPPORTING_WM_CHECK | grep "window id"', 30_000);
  }

  /** Runs a bash text inside, as one of the users, with the environment that the session gives its programs. */
  run(user: 'agent' | 'warden', text: string): Outcome {
    const prelude = user === 'agent' ? '. /opt/vitrine/session/environment; cd; ' : '';
    const args = ['exec', '--user', user, this.#id, 'bash', '-c', prelude + text];
    const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8', timeout: 60_000 });
    return { code: status ?? -1, output: (stdout + stderr).trim() };
  }

  /** Repeats a bash text until it succeeds; rejects with its last output when that takes too long. */
  async until(user: 'agent' | 'warden', text: string, timeoutMs: number): Promise<string> {
    const deadlineMs = performance.now() + timeoutMs;
    let last = this.run(user, text);
    while (last.code !== 0) {
      if (performance.now() > deadlineMs) throw new Error(`not after ${timeoutMs} ms: ${text}: ${last.output}`);
      await delay(50);
      last = this.run(user, text);
    }
    return last.output;
  }

  /** The pixels of the screen: width, height and, from `offset` on, rows of `stride` bytes of blue, green, red, unused. */
  screen(): {
    readonly width: number;
    readonly height: number;
    readonly offset: number;
    readonly stride: number;
    readonly bytes: Buffer;
  } {
    const file = '/run/vitrine/warden/fb/Xvfb_screen0';
    const bytes = execFileSync('docker', ['exec', '--user', 'warden', this.#id, 'cat', file], { maxBuffer: 2 ** 28 });
    const at = (offset: number): number => bytes.readUInt32BE(offset);
    return { width: at(16), height: at(20), offset: at(0) + at(76) * 12, stride: at(48), bytes };
  }

  /** Whether the engine still runs it. */
  isRunning(): boolean {
    const args = ['inspect', '--format', '{{.State.Running}}', this.#id];
    return execFileSync('docker', args, { encoding: 'utf8' }).trim() === 'true';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await dockerLauncher().remove(this.#id, AbortSignal.timeout(30_000));
  }
}

function defaults(): ContainerSpec {
  return {
    desktopId: `d-${randomUUID()}`,
    installId: 'test-image',
    project: 'default',
    runId: undefined,
    image: 'vitrine-desktop:latest',
    width: 1280,
    height: 800,
    seccomp: 'browser',
    memoryBytes: 2 * 2 ** 30,
    cpus: 2,
    pids: 512,
    deadManSeconds: 300,
    hardDeadline: Math.floor(Date.now() / 1000) + 600,
    controllerEpoch: 1,
  };
}
