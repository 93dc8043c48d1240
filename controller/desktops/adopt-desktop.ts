import type { Logger } from 'pino';
import { Display } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { ContainerSummary, Launcher } from '../launcher/launcher.ts';
import type { DesktopRecord } from './desktop-record.ts';
import { OpenDesktop } from './open-desktop.ts';

export type Adopter = {
  readonly launcher: Launcher;
  readonly log: Logger;
  readonly controllerEpoch: number;
  readonly deadManSeconds: number;
  readonly onFenced: () => void;
};

const reachMs = 30_000;
const removeMs = 60_000;

/**
 * Makes a running container a desktop again: a connection to its shim and one frame prove that it is usable. Removes what
 * is stopped or unusable and resolves with undefined. Rejects with `engine_unavailable`, so that a desktop is never
 * removed because the engine was not there, and with the signal's reason.
 */
export async function adoptDesktop(adopter: Adopter, container: ContainerSummary, signal: AbortSignal): Promise<{ readonly record: DesktopRecord; readonly desktop: OpenDesktop } | undefined> {
  const { launcher, log } = adopter;
  const { desktopId, containerId } = container;
  const display = Display.safeParse({ width: container.width, height: container.height });
  const unusable = async (reason: string) => {
    log.warn({ desktopId, containerId, reason }, 'removing a desktop that cannot be used any more');
    await launcher.remove(containerId, AbortSignal.any([signal, AbortSignal.timeout(removeMs)]));
    return undefined;
  };
  if (container.state !== 'running') return await unusable(`its container is ${container.state}`);
  if (desktopId === '' || !display.success) return await unusable('its labels cannot be read');
  const record = recordOf(container, display.data);
  const desktop = new OpenDesktop({ ...adopter, containerId, record });
  const reach = AbortSignal.any([signal, AbortSignal.timeout(reachMs)]);
  try {
    await desktop.connect(reach);
    const { windows } = await desktop.state(reach);
    if (windows.length === 0) throw new VitrineError('desktop_broken', 'its window manager does not run');
    await desktop.capture({}, reach);
    await desktop.beat(adopter.deadManSeconds, reach);
    return { record, desktop };
  } catch (error) {
    desktop.end({ kind: 'released', reason: 'it could not be adopted' });
    signal.throwIfAborted();
    const failure = VitrineError.from(error);
    if (failure.code === 'engine_unavailable') throw failure;
    if (failure.code === 'stale_epoch') return undefined;
    return await unusable(reach.aborted ? `it did not answer within ${reachMs} ms` : failure.message);
  }
}

function recordOf(container: ContainerSummary, display: Display): DesktopRecord {
  const { desktopId: id, image, project, createdAt } = container;
  return { id, display, image, project, createdAt, stages: [], state: 'ready', runId: undefined, releasesAt: undefined, reason: undefined };
}
