import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { Desktop, Desktops } from '../../controller/desktops/desktop.ts';
import { createDesktops } from '../../controller/desktops/desktops.ts';
import type { DesktopsOptions } from '../../controller/desktops/desktops-options.ts';
import type { DesktopTemplate } from '../../controller/desktops/container-spec.ts';
import { VitrineError } from '../../controller/errors.ts';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import type { ContainerSummary, Launcher } from '../../controller/launcher/launcher.ts';

/** The image that tests launch. */
export const image = process.env['VITRINE_TEST_DESKTOP_IMAGE'] ?? 'vitrine-desktop:latest';
/** What desktops of tests are made of. */
export const template: DesktopTemplate = { image, seccomp: 'browser', memoryBytes: 2 * 2 ** 30, cpus: 2, pids: 512 };
const spec = { display: { width: 1280, height: 800 }, template: 'default' };

/** An installation of its own on the real engine; nothing of it is left when it goes out of scope. */
export class Installation implements AsyncDisposable {
  readonly installId = `test-desktops-${randomUUID().slice(0, 8)}`;
  readonly launcher: Launcher;
  readonly #controllers: Desktops[] = [];

  constructor(launcher: Launcher = dockerLauncher()) {
    this.launcher = launcher;
  }

  /** The desktops as one start of a controller sees them. */
  controller(options: Partial<DesktopsOptions> & { readonly change?: Partial<DesktopTemplate> } = {}): Desktops {
    const { change, ...more } = options;
    const desktops = createDesktops({
      launcher: this.launcher, installId: this.installId, controllerEpoch: 1, templates: { default: { ...template, ...change } },
      deadManSeconds: 600, hardLifetimeSeconds: 3600, maxDesktops: 3, readinessTimeoutMs: 45_000, sweepMs: 300, log: pino({ level: process.env['VITRINE_TEST_LOG'] ?? 'silent' }), ...more,
    });
    this.#controllers.push(desktops);
    return desktops;
  }

  containers(): Promise<ContainerSummary[]> {
    return this.launcher.list(this.installId, AbortSignal.timeout(20_000));
  }

  /** A container as the launcher makes it, unknown to any controller. */
  async container(desktopId: string, controllerEpoch: number): Promise<string> {
    const signal = AbortSignal.timeout(60_000);
    const hardDeadline = Math.floor(Date.now() / 1000) + 600;
    const { containerId } = await this.launcher.create({
      ...template, desktopId, installId: this.installId, project: 'default', runId: undefined, ...spec.display, deadManSeconds: 600, hardDeadline, controllerEpoch,
    }, signal);
    await this.launcher.start(containerId, signal);
    return containerId;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#controllers.map((desktops) => desktops.close('release')));
    for (const { containerId } of await this.containers()) await this.launcher.remove(containerId, AbortSignal.timeout(30_000));
  }
}

/** An engine that can be away for a while: every call then fails as the launcher's calls do. */
export function interruptible(launcher: Launcher): { readonly launcher: Launcher; isAway: boolean } {
  const engine = {
    isAway: false,
    launcher: new Proxy(launcher, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => (engine.isAway ? Promise.reject(new VitrineError('engine_unavailable', 'the engine is away')) : value.apply(target, args));
      },
    }),
  };
  return engine;
}

/** Launches a desktop as a request would. */
export function launch(desktops: Desktops, id: string, runId?: string): Promise<Desktop> {
  return desktops.launch(id, spec, { project: 'default', runId }, () => {}, AbortSignal.timeout(90_000));
}

/** The middle value, rounded to a tenth. */
export function median(values: readonly number[]): number {
  return Math.round((values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0) * 10) / 10;
}
