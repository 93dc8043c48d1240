import type { Logger } from 'pino';
import { VitrineError } from '../errors.ts';
import type { ContainerSpec, Launcher } from '../launcher/launcher.ts';
import type { ReadinessStage, StageTime } from './desktop.ts';
import type { DesktopRecord } from './desktop-record.ts';
import { OpenDesktop } from './open-desktop.ts';
import { awaitFirstFrame, awaitServers, awaitWindowManager, StageClock } from './readiness.ts';
import { printable } from './wire-failure.ts';

export type LaunchRequest = {
  readonly launcher: Launcher;
  readonly log: Logger;
  readonly record: DesktopRecord;
  readonly container: ContainerSpec;
  readonly readinessTimeoutMs: number;
  readonly onStage: (time: StageTime) => void;
  readonly onFenced: () => void;
};

const logTailBytes = 4000;
/** Terminal colours: an escape character with its parameters. */
const colours = /\p{Cc}\[[0-9;]*m/gu;
const cleanUpMs = 30_000;
/** An engine answers a creation within a fraction of this, or not at all. */
const lastWordMs = 10_000;
/** Failures that name their own reason, whatever the stage. */
const ownReasons = new Set(['engine_unavailable', 'image_missing', 'conflict', 'invalid_request', 'stale_epoch']);

/**
 * Creates and starts a container and waits until its desktop is ready. What does not become ready is removed; the error
 * then names the stage and carries `stage`, `stages` and `logTail` in its details. Rejects with the signal's reason on abort.
 */
export async function launchDesktop(request: LaunchRequest, signal: AbortSignal): Promise<OpenDesktop> {
  const { launcher, record, readinessTimeoutMs } = request;
  const clock = new StageClock((time) => {
    record.stages.push(time);
    request.onStage(time);
  });
  const ready = AbortSignal.any([signal, AbortSignal.timeout(readinessTimeoutMs)]);
  let containerId: string | undefined;
  let desktop: OpenDesktop | undefined;
  try {
    // Given up in the middle, it would be made all the same, and nobody would know its id.
    ({ containerId } = await launcher.create(request.container, someTimeAfter(ready, lastWordMs)));
    ready.throwIfAborted();
    await launcher.start(containerId, ready);
    clock.reached('x-server');
    desktop = new OpenDesktop({ ...request, containerId, controllerEpoch: request.container.controllerEpoch });
    // The session waits for the X server by itself.
    await Promise.all([awaitServers(desktop, clock, ready), launcher.startPart(containerId, 'session', ready)]);
    await awaitWindowManager(desktop, clock, ready);
    await awaitFirstFrame(desktop, clock, ready);
    return desktop;
  } catch (reason) {
    const logTail = containerId === undefined ? '' : await readLogTail(launcher, containerId);
    desktop?.end({ kind: 'released', reason: 'it did not become ready' });
    if (containerId !== undefined) await removeFailed(request, containerId);
    if (signal.aborted) throw signal.reason;
    throw notReady(request, failingStage(clock.current, logTail), ready.aborted, logTail, reason);
  }
}

/** Aborts as a signal does, so many milliseconds later. */
function someTimeAfter(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  const wait = () => void setTimeout(() => later.abort(signal.reason), ms).unref();
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return later.signal;
}

async function readLogTail(launcher: Launcher, containerId: string): Promise<string> {
  const text = await launcher.logTail(containerId, logTailBytes, AbortSignal.timeout(cleanUpMs)).catch(() => '');
  return text.split('\n').map((line) => printable(line.replaceAll(colours, ''), 500)).filter((line) => line !== '').join('\n');
}

/** A container that cannot be removed now is removed by a later sweep: nothing else knows of it. */
async function removeFailed({ launcher, log, record }: LaunchRequest, containerId: string): Promise<void> {
  try {
    await launcher.remove(containerId, AbortSignal.timeout(cleanUpMs));
  } catch (error) {
    log.warn({ desktopId: record.id, containerId, err: error }, 'a desktop that did not become ready could not be removed yet');
  }
}

/** The servers start beside each other: the warden's log says whether the X server came so far. */
function failingStage(stage: ReadinessStage, logTail: string): ReadinessStage {
  return stage === 'x-server' && logTail.includes('the X server answers') ? 'shim' : stage;
}

/** The last line of the log of what failed; of all logs if that one says nothing. */
function lastLineOf(stage: ReadinessStage, logTail: string): string {
  const name = stage === 'x-server' ? 'xvfb' : stage === 'shim' ? 'shim' : 'session';
  const logs = logTail.split(/^==> /m);
  const own = logs.find((log) => log.split('\n', 1)[0]?.includes(`/${name}.log`))?.trim().split('\n').slice(1) ?? [];
  return own.at(-1) ?? logTail.split('\n').at(-1) ?? '';
}

function notReady(request: LaunchRequest, stage: ReadinessStage, isLate: boolean, logTail: string, reason: unknown): VitrineError {
  const { record, readinessTimeoutMs } = request;
  const cause = VitrineError.from(reason);
  const details = { ...cause.details, stage, stages: record.stages, logTail };
  if (ownReasons.has(cause.code) && !isLate) return new VitrineError(cause.code, cause.message, { cause: reason, details });
  const why = isLate ? `not ready after ${readinessTimeoutMs} ms: ${stage} was not reached` : `failed at ${stage}: ${cause.message}`;
  const lastLine = lastLineOf(stage, logTail);
  const message = lastLine === '' ? `desktop ${record.id} ${why}` : `desktop ${record.id} ${why}; its log ends with: ${lastLine.slice(0, 300)}`;
  return new VitrineError(isLate ? 'deadline_exceeded' : 'desktop_broken', message, { cause: reason, details });
}
