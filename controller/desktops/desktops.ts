import { EventEmitter } from 'node:events';
import { VitrineError } from '../errors.ts';
import type { ContainerSummary } from '../launcher/launcher.ts';
import { adoptDesktop } from './adopt-desktop.ts';
import { containerSpec } from './container-spec.ts';
import type { Desktop, DesktopEnd, DesktopOwner, Desktops, DesktopSpec, DesktopView, StageTime } from './desktop.ts';
import { viewOf } from './desktop-record.ts';
import type { DesktopRecord } from './desktop-record.ts';
import type { DesktopEntry as Entry } from './desktop-entry.ts';
import { expiryOf, listening, nextToGiveWay, whyOver, whyReleased } from './desktop-lifetime.ts';
import type { Expiry, LifetimeLimits } from './desktop-lifetime.ts';
import type { DesktopsOptions } from './desktops-options.ts';
import { launchDesktop } from './launch-desktop.ts';
import type { OpenDesktop } from './open-desktop.ts';

const heartbeatSeconds = 15;
const defaultIdleSeconds = 1800;
const secondsOfADay = 24 * 3600;
const removeMs = 60_000;
const listMs = 20_000;
/** A desktop that was made for a run which no controller takes up again is released after this long. */
const unclaimedMs = 120_000;
const longestTimerMs = 2 ** 31 - 1;

/**
 * All desktops of this installation. Heartbeats go out from the start. Sweeping, which removes every container of this
 * installation that is neither a desktop here nor a newer controller's, begins with the first `adopt`, which it repeats
 * until it succeeds.
 */
export function createDesktops(options: DesktopsOptions): Desktops {
  return new OwnDesktops(options);
}

class OwnDesktops implements Desktops {
  readonly #options: DesktopsOptions;
  readonly #lifetime: LifetimeLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #changes = new EventEmitter<{ gone: [] }>();
  readonly #heartbeat: NodeJS.Timeout;
  #sweeper: NodeJS.Timeout | undefined;
  #isSweeping = false;
  #adopting: Promise<Desktop[]> | undefined;
  #hasAdopted = false;
  /** Why this controller may begin nothing more. */
  #stopped: VitrineError | undefined;

  constructor(options: DesktopsOptions) {
    this.#options = options;
    this.#lifetime = { idleSeconds: options.idleSeconds ?? defaultIdleSeconds, hardLifetimeSeconds: options.hardLifetimeSeconds };
    const seconds = Math.max(1, Math.min(heartbeatSeconds, options.deadManSeconds / 3));
    this.#heartbeat = setInterval(() => this.#beat(), seconds * 1000);
  }

  async launch(id: string, spec: DesktopSpec, owner: DesktopOwner, onStage: (time: StageTime) => void, signal: AbortSignal): Promise<Desktop> {
    signal.throwIfAborted();
    const { launcher, log, readinessTimeoutMs } = this.#options;
    const container = containerSpec(this.#options, id, spec, owner);
    this.#admit(id);
    const record: DesktopRecord = {
      id, display: spec.display, image: container.image, project: owner.project, createdAt: Date.now(), stages: [],
      state: 'launching', runId: owner.runId, releasesAt: undefined, reason: undefined,
    };
    const stop = new AbortController();
    const launching = launchDesktop({ launcher, log, record, container, readinessTimeoutMs, onStage, onFenced: () => this.#supersede() }, AbortSignal.any([signal, stop.signal]));
    const entry: Entry = { record, launch: { abort: (reason) => stop.abort(reason), ended: launching.catch(() => {}) } };
    this.#entries.set(id, entry);
    try {
      const desktop = await launching;
      delete entry.launch;
      this.#opened(entry, desktop);
      return desktop;
    } catch (error) {
      this.#entries.delete(id);
      this.#changes.emit('gone');
      log.warn({ desktopId: id, err: error }, 'a desktop could not be launched');
      throw error;
    }
  }

  get(id: string): Desktop | undefined {
    const entry = this.#entries.get(id);
    return entry !== undefined && (entry.record.state === 'ready' || entry.record.state === 'broken') ? entry.desktop : undefined;
  }

  list(): DesktopView[] {
    return [...this.#entries.values()].map((entry) => viewOf(entry.record));
  }

  hold(id: string, runId: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.record.state === 'releasing') throw new VitrineError('not_found', `there is no desktop ${id}`);
    const holder = entry.record.runId;
    if (holder !== undefined && holder !== runId) throw new VitrineError('conflict', `desktop ${id} is in use by run ${holder}`, { details: { runId: holder } });
    clearTimeout(entry.timer);
    entry.record.runId = runId;
    entry.record.releasesAt = undefined;
    delete entry.releaseDue;
  }

  letGo(id: string, runId: string, keepForMs: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.record.runId !== runId) return;
    entry.record.runId = undefined;
    const isUsable = entry.record.state === 'ready' && keepForMs > 0;
    if (isUsable && Number.isFinite(keepForMs)) this.#releaseAfter(entry, keepForMs);
    else if (isUsable) return;
    else void this.release(id, `run ${runId} is done with it`);
  }

  async release(id: string, reason: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (entry.launch !== undefined) {
      entry.launch.abort(new VitrineError('gone', `desktop ${id} was released while it was launched: ${reason}`));
      await entry.launch.ended;
      // It may have become ready in the very last moment.
      return await this.release(id, reason);
    }
    clearTimeout(entry.timer);
    if (entry.record.state !== 'releasing') {
      entry.record.reason ??= reason;
      entry.record.state = 'releasing';
      entry.desktop?.end({ kind: 'released', reason });
    }
    await this.#remove(entry);
  }

  idleMs(id: string): number | undefined {
    return this.#entries.get(id)?.desktop?.use.idleMs;
  }

  onGone(listener: () => void): () => void {
    return listening(this.#changes, 'gone', listener);
  }

  onExpiring(listener: (expiry: Expiry) => void): () => void {
    return listening(this.#changes, 'expiring', listener);
  }

  async adopt(signal: AbortSignal): Promise<Desktop[]> {
    this.#adopting ??= this.#adoptAll(signal).finally(() => {
      this.#adopting = undefined;
      if (this.#stopped === undefined) this.#sweeper ??= setInterval(() => void this.#sweep(), this.#options.sweepMs ?? 10_000);
    });
    return await this.#adopting;
  }

  async close(mode: 'keep' | 'release'): Promise<void> {
    this.#stop(new VitrineError('unavailable', 'the controller is shutting down'));
    const entries = [...this.#entries.values()];
    for (const entry of entries) {
      clearTimeout(entry.timer);
      entry.launch?.abort(this.#stopped);
    }
    await Promise.all(entries.map(async (entry) => {
      await entry.launch?.ended;
      if (mode === 'release') return await this.release(entry.record.id, 'the controller ended');
      await entry.desktop?.beat(secondsOfADay, AbortSignal.timeout(5000));
      entry.desktop?.detach('the controller is shutting down; the desktop runs on');
    }));
  }

  #admit(id: string): void {
    const { maxDesktops } = this.#options;
    if (this.#stopped !== undefined) throw this.#stopped;
    if (this.#entries.has(id)) throw new VitrineError('conflict', `desktop ${id} exists already`);
    if (this.#entries.size >= maxDesktops && !this.#makeRoom()) throw new VitrineError('too_many_requests', `${maxDesktops} desktops are the limit and all are there: release one, or try later`);
  }

  /** Releases the desktop that is merely kept for a while and would go next; false if there is none. */
  #makeRoom(): boolean {
    const next = nextToGiveWay(this.#entries.values());
    if (next === undefined) return false;
    void this.release(next.record.id, 'its place was needed');
    return true;
  }

  #opened(entry: Entry, desktop: OpenDesktop): void {
    entry.desktop = desktop;
    entry.record.state = 'ready';
    desktop.onEnd((end) => this.#ended(entry, end));
  }

  /** A desktop that ended by itself stays, broken, for the run that holds it; without one it goes. */
  #ended(entry: Entry, end: DesktopEnd): void {
    if (end.kind === 'released') return;
    entry.record.reason = end.reason;
    entry.record.state = 'broken';
    if (this.#stopped === undefined && entry.record.runId === undefined) void this.release(entry.record.id, end.reason);
  }

  #releaseAfter(entry: Entry, ms: number): void {
    entry.record.releasesAt = Date.now() + ms;
    entry.releaseDue = performance.now() + ms;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.#releaseIfDue(entry), Math.min(ms, longestTimerMs));
  }

  #releaseIfDue(entry: Entry): void {
    if (this.#stopped === undefined) for (const expiry of expiryOf(entry, this.#lifetime)) this.#changes.emit('expiring', expiry);
    const [over, reason] = [whyOver(entry, this.#lifetime), whyReleased(entry, this.#lifetime)];
    if (over !== undefined) return entry.desktop?.end({ kind: 'lost', reason: over });
    if (reason !== undefined) void this.release(entry.record.id, reason);
  }

  /** Removes the container; never rejects. What cannot be removed now stays `releasing` for the next sweep. */
  async #remove(entry: Entry): Promise<void> {
    entry.removal ??= this.#tryRemove(entry).finally(() => delete entry.removal);
    await entry.removal;
  }

  async #tryRemove(entry: Entry): Promise<void> {
    const { launcher, log } = this.#options;
    try {
      if (entry.desktop !== undefined) await launcher.remove(entry.desktop.containerId, AbortSignal.timeout(removeMs));
      entry.record.state = 'released';
      this.#entries.delete(entry.record.id);
      this.#changes.emit('gone');
    } catch (error) {
      log.warn({ desktopId: entry.record.id, err: error }, 'a released desktop could not be removed yet');
    }
  }

  async #adoptAll(signal: AbortSignal): Promise<Desktop[]> {
    const { launcher, installId, controllerEpoch } = this.#options;
    const containers = await launcher.list(installId, signal);
    if (containers.some((container) => container.controllerEpoch > controllerEpoch)) throw this.#supersede();
    const adopted = await Promise.all(containers.map((container) => this.#adoptOne(container, signal)));
    if (this.#stopped !== undefined) throw this.#stopped;
    this.#hasAdopted = true;
    return adopted.filter((desktop) => desktop !== undefined);
  }

  async #adoptOne(container: ContainerSummary, signal: AbortSignal): Promise<Desktop | undefined> {
    const known = this.#entries.get(container.desktopId);
    if (known !== undefined) return known.desktop;
    const { launcher, log, controllerEpoch, deadManSeconds } = this.#options;
    const found = await adoptDesktop({ launcher, log, controllerEpoch, deadManSeconds, onFenced: () => this.#supersede() }, container, signal);
    if (found === undefined) return undefined;
    const entry: Entry = { record: found.record };
    this.#entries.set(found.record.id, entry);
    this.#opened(entry, found.desktop);
    if (container.runId !== undefined) this.#releaseAfter(entry, unclaimedMs);
    return found.desktop;
  }

  #beat(): void {
    for (const { desktop, record } of this.#entries.values()) {
      if (record.state === 'ready') void desktop?.beat(this.#options.deadManSeconds, AbortSignal.timeout(heartbeatSeconds * 1000));
    }
  }

  /** Compares what the engine runs with what is known here, and removes the difference; adopts first if that failed. Never rejects. */
  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      for (const entry of this.#entries.values()) {
        this.#releaseIfDue(entry);
        if (entry.record.state === 'releasing') void this.#remove(entry);
      }
      if (!this.#hasAdopted) await this.adopt(AbortSignal.timeout(removeMs));
      const containers = await this.#options.launcher.list(this.#options.installId, AbortSignal.timeout(listMs));
      if (containers.some((container) => container.controllerEpoch > this.#options.controllerEpoch)) this.#supersede();
      if (this.#stopped === undefined) await Promise.all(containers.map((container) => this.#removeOrphan(container)));
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the sweep for left-over desktops failed; the next one tries again');
    } finally {
      this.#isSweeping = false;
    }
  }

  async #removeOrphan(container: ContainerSummary): Promise<void> {
    if (this.#entries.has(container.desktopId)) return;
    this.#options.log.info({ desktopId: container.desktopId, containerId: container.containerId }, 'removing a left-over desktop');
    await this.#options.launcher.remove(container.containerId, AbortSignal.timeout(removeMs));
  }

  /** A newer controller is at work on this installation: whatever this one would do now could destroy its desktops. */
  #supersede(): VitrineError {
    const error = new VitrineError('unavailable', 'a newer controller has taken this installation over; this one has stopped using its desktops');
    if (this.#stopped === undefined) this.#options.log.error(error.message);
    this.#stop(error);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { desktop, timer, launch } of entries) {
      clearTimeout(timer);
      launch?.abort(error);
      desktop?.end({ kind: 'lost', reason: 'a newer controller has taken this desktop over' }, 'stale_epoch');
    }
    return error;
  }

  #stop(reason: VitrineError): void {
    this.#stopped ??= reason;
    clearInterval(this.#heartbeat);
    clearInterval(this.#sweeper);
  }
}
