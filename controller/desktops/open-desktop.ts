import type { Duplex } from 'node:stream';
import type { HandsMethods, Notice, ParamsOf, ShimMethods, ViewMode } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { Connection } from './connection.ts';
import type { Desktop, DesktopEnd, DesktopHands, PerformRequest, ProgramRequest } from './desktop.ts';
import { viewOf } from './desktop-record.ts';
import { endLeftProcess, fenceHands } from './fence-hands.ts';
import { DesktopUse } from './desktop-use.ts';
import { greetHands, greetShim } from './greeting.ts';
import { howItStopped, howItStops } from './how-it-stopped.ts';
import { HandsClient } from './hands-client.ts';
import { handsInEpoch } from './hands-in-epoch.ts';
import { leftProcesses } from './left-processes.ts';
import type { OpenDesktopOptions } from './open-desktop-options.ts';
import { openView } from './open-view.ts';
import { ServerLink, withSignal } from './server-link.ts';
import { ShimClient } from './shim-client.ts';
import { Thumbnails } from './thumbnails.ts';
import { printable } from './wire-failure.ts';

const reopenMs = 10_000;
/**
 * A container that is killed looks like a broken desktop until the engine says that it has stopped: its X server goes before
 * its shim, its streams break in the middle. Up to 0.9 s were seen on a busy machine.
 */
const stopGraceMs = 1500;
/** Heartbeats that may stay without an answer, one after another. */
const maxMissedBeats = 4;

/** A desktop whose container runs: owns the connections into it and knows how it ended. */
export class OpenDesktop implements Desktop {
  readonly containerId: string;
  readonly use: DesktopUse;
  readonly #options: OpenDesktopOptions;
  readonly #shimLink: ServerLink<ShimMethods>;
  readonly #handsLink: ServerLink<HandsMethods>;
  readonly #shim: ShimClient;
  readonly #hands: HandsClient;
  readonly #thumbnails: Thumbnails;
  readonly #listeners = new Set<(end: DesktopEnd) => void>();
  #end: { readonly reason: string; readonly end?: DesktopEnd; readonly code: 'gone' | 'stale_epoch' | 'desktop_broken' | 'unavailable' } | undefined;
  #missedBeats = 0;
  #epoch = 0;

  constructor(options: OpenDesktopOptions) {
    this.#options = options;
    this.containerId = options.containerId;
    this.use = new DesktopUse(Date.now() - options.record.createdAt);
    this.#shimLink = new ServerLink({ open: (signal) => this.#openShim(signal), reopenMs, onEnd: (end) => void this.#recover(end.kind === 'breach' ? end.error : undefined) });
    this.#handsLink = new ServerLink({ open: (signal) => this.#openHands(signal), reopenMs, onEnd: () => {} });
    this.#shim = new ShimClient(this.#shimLink, options.record.display);
    this.#hands = new HandsClient(this.#handsLink);
    this.#thumbnails = new Thumbnails(this.#shim);
  }

  get id(): string {
    return this.#options.record.id;
  }

  get display(): Desktop['display'] {
    return this.#options.record.display;
  }

  view(): ReturnType<Desktop['view']> {
    return viewOf(this.#options.record);
  }

  perform(request: PerformRequest, signal: AbortSignal): ReturnType<Desktop['perform']> {
    return this.#ask(this.#shim.perform(request, signal));
  }

  capture(options: Parameters<Desktop['capture']>[0], signal: AbortSignal): ReturnType<Desktop['capture']> {
    return this.#ask(this.#shim.capture(options, signal));
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Hands that nobody has asked anything yet learn of it when they are. */
  async setEpoch(epoch: number, signal: AbortSignal): ReturnType<Desktop['setEpoch']> {
    const raised = await this.#raiseEpoch(epoch, signal);
    if (this.#handsLink.current !== undefined) await this.#ask(this.#hands.setEpoch(epoch, false, signal));
    return raised;
  }

  async fence(epoch: number, signal: AbortSignal): ReturnType<Desktop['fence']> {
    const { released } = await this.#raiseEpoch(epoch, signal);
    return { released, ...await this.#ask(fenceHands(this.#hands, epoch, signal)) };
  }

  async listLeftProcesses(signal: AbortSignal): ReturnType<Desktop['listLeftProcesses']> {
    return leftProcesses(await this.#ask(this.#hands.listProcesses(signal)));
  }

  async endProcess(pid: number, command: string, signal: AbortSignal): Promise<void> {
    await this.#ask(endLeftProcess(this.#hands, pid, command, this.#epoch, signal));
  }

  inEpoch(epoch: number): DesktopHands {
    return handsInEpoch(this, this.#hands, this.#shim, epoch, (answer) => this.#ask(answer));
  }

  release(signal: AbortSignal): ReturnType<Desktop['release']> {
    return this.#ask(this.#shim.ask('release', {}, signal));
  }

  state(signal: AbortSignal): ReturnType<Desktop['state']> {
    return this.#ask(this.#shim.ask('state', {}, signal));
  }

  readClipboard(signal: AbortSignal): Promise<string> {
    return this.#ask(this.#shim.readClipboard(signal));
  }

  async writeClipboard(text: string, signal: AbortSignal): Promise<void> {
    await this.#ask(this.#shim.ask('writeClipboard', { text }, signal));
  }

  listFiles(options: ParamsOf<HandsMethods, 'listFiles'>, signal: AbortSignal): ReturnType<Desktop['listFiles']> {
    return this.#ask(this.#hands.listFiles(options, signal));
  }

  readFile(path: string, signal: AbortSignal): ReturnType<Desktop['readFile']> {
    return this.#ask(this.#hands.readFile(path, signal));
  }

  writeFile(path: string, content: AsyncIterable<Uint8Array>, maxBytes: number, signal: AbortSignal): ReturnType<Desktop['writeFile']> {
    return this.#ask(this.#hands.writeFile(path, content, maxBytes, undefined, signal));
  }

  removeFile(path: string, signal: AbortSignal): Promise<void> {
    return this.#ask(this.#hands.removeFile(path, undefined, signal));
  }

  runProgram(request: ProgramRequest, signal: AbortSignal): ReturnType<Desktop['runProgram']> {
    return this.#ask(this.#hands.runProgram(request, signal));
  }

  openProgram(argv: readonly string[], signal: AbortSignal): ReturnType<Desktop['openProgram']> {
    return this.#ask(this.#hands.openProgram(argv, undefined, signal));
  }

  openView(mode: ViewMode, signal: AbortSignal): Promise<Duplex> {
    return this.#look(openView({ ...this.#caller(), shim: this.#shim, epoch: () => this.#epoch }, mode, signal));
  }

  thumbnail(signal: AbortSignal): ReturnType<Desktop['thumbnail']> {
    return this.#look(withSignal(this.#thumbnails.latest(), signal));
  }

  openForwarder(signal: AbortSignal): Promise<Duplex> {
    return this.#ask(this.#options.launcher.openStream(this.containerId, 'forwarder', signal));
  }

  onEnd(listener: (end: DesktopEnd) => void): () => void {
    if (this.#end === undefined) this.#listeners.add(listener);
    else if (this.#end.end !== undefined) listener(this.#end.end);
    return () => this.#listeners.delete(listener);
  }

  /** Opens the connection to the shim if there is none. Rejects with `unavailable` while nothing answers. */
  async connect(signal: AbortSignal): Promise<void> {
    await this.#shimLink.connect(signal);
  }

  /** Tells the desktop that its controller is there. Never rejects; a desktop that stays silent for a minute is broken. */
  async beat(deadManSeconds: number, signal: AbortSignal): Promise<void> {
    if (this.#end !== undefined) return;
    try {
      await this.#shim.ask('keepAlive', { deadManSeconds }, signal);
      this.#missedBeats = 0;
    } catch (error) {
      this.#options.log.warn({ desktopId: this.id, err: error }, 'a heartbeat of a desktop failed');
      if (error instanceof VitrineError && error.code === 'deadline_exceeded') this.#missedBeats += 1;
      if (this.#missedBeats >= maxMissedBeats) this.end({ kind: 'broken', reason: `it did not answer ${maxMissedBeats} heartbeats` }, 'desktop_broken');
    }
  }

  /** Ends it for all who use it, once: connections close, listeners are called, every later call rejects. Leaves the container alone. */
  end(end: DesktopEnd, code: 'gone' | 'stale_epoch' | 'desktop_broken' = 'gone'): void {
    if (this.#end !== undefined) return;
    const listeners = [...this.#listeners];
    this.#end = { end, code, reason: end.reason };
    this.#options.log.info({ desktopId: this.id, ...end }, 'a desktop ended');
    this.#disconnect();
    for (const listener of listeners) {
      try {
        listener(end);
      } catch (error) {
        this.#options.log.error({ desktopId: this.id, err: error }, 'a listener to the end of a desktop failed');
      }
    }
  }

  /** Closes the connections for good without a word to those who use it: the desktop has not ended, only this controller's part in it. */
  detach(reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = { code: 'unavailable', reason };
    this.#disconnect();
  }

  #disconnect(): void {
    this.#shimLink.close();
    this.#handsLink.close();
    this.#listeners.clear();
  }

  #caller() {
    const { launcher, containerId, controllerEpoch } = this.#options;
    return { launcher, containerId, controllerEpoch, desktopId: this.id, onNotice: (notice: Notice) => this.#hear(notice) };
  }

  #hear(notice: Notice): void {
    if (notice.notice === 'broken') void this.#endBroken(printable(notice.reason, 500));
    else this.#options.log.info({ desktopId: this.id, reason: printable(notice.reason, 500) }, 'a desktop says that it ends');
  }

  async #raiseEpoch(epoch: number, signal: AbortSignal): ReturnType<Desktop['setEpoch']> {
    const raised = await this.#ask(this.#shim.ask('setEpoch', { epoch }, signal));
    this.#epoch = Math.max(this.#epoch, epoch);
    return raised;
  }

  /** Hands that were not there when control passed, or have been started anew, are told of it before anything is asked. */
  async #openHands(signal: AbortSignal): Promise<Connection<HandsMethods>> {
    const { connection, hello } = await greetHands(this.#caller(), signal);
    const isBehind = connection.version >= 2 && (hello.epoch ?? 0) < this.#epoch;
    if (isBehind) await connection.call('setEpoch', { epoch: this.#epoch, stopPrograms: false }, { timeoutMs: reopenMs }, signal);
    return connection;
  }

  async #openShim(signal: AbortSignal): Promise<Connection<ShimMethods>> {
    try {
      const { connection, hello } = await greetShim(this.#caller(), signal);
      const { width, height } = this.display;
      if (hello.display?.width !== width || hello.display.height !== height) throw connection.breach(`its screen is not ${width}x${height}`);
      this.#epoch = Math.max(this.#epoch, hello.epoch ?? 0);
      return connection;
    } catch (error) {
      await this.#judge(error);
      throw error;
    }
  }

  /** Whether a failed try to reach the shim is the desktop's end. Rejects with `unavailable` where the engine says so and its container runs all the same. */
  async #judge(error: unknown): Promise<void> {
    if (!(error instanceof VitrineError)) return;
    if (error.code === 'desktop_broken') await this.#endBroken(error.message);
    const stopped = error.code === 'gone' ? await howItStopped(this.#options.launcher, this.containerId) : undefined;
    if (error.code === 'gone' && stopped === undefined) throw new VitrineError('unavailable', error.message, { cause: error });
    if (stopped !== undefined) this.end({ kind: 'lost', reason: stopped });
    if (error.code === 'stale_epoch') {
      // First of all: whoever learns of the end must know already that the container is not theirs to remove.
      this.#options.onFenced();
      this.end({ kind: 'lost', reason: 'a newer controller has taken this desktop over' }, 'stale_epoch');
    }
  }

  /** What a stopping container says last looks like a broken desktop: it is lost then. */
  async #endBroken(reason: string): Promise<void> {
    const { launcher, stopGraceMs: graceMs = stopGraceMs } = this.#options;
    const stopped = await howItStops(launcher, this.containerId, graceMs);
    this.end(stopped === undefined ? { kind: 'broken', reason } : { kind: 'lost', reason: stopped }, stopped === undefined ? 'desktop_broken' : 'gone');
  }

  /** Finds out why the connection ended: opens it again, or ends the desktop. */
  async #recover(breach: VitrineError | undefined): Promise<void> {
    if (this.#end !== undefined) return;
    if (breach !== undefined) return await this.#endBroken(breach.message);
    try {
      await this.#shimLink.connect(AbortSignal.timeout(2 * reopenMs));
    } catch (error) {
      if (error instanceof VitrineError && error.code === 'unavailable') {
        this.end({ kind: 'broken', reason: `it could not be reached for ${reopenMs} ms: ${error.message}` }, 'desktop_broken');
      }
    }
  }

  #ask<Result>(answer: Promise<Result>): Promise<Result> {
    return this.#look(answer.finally(this.use.begin()));
  }

  /** The answer, or why there is none: after the desktop's end always its end. What is only looked at counts as no use. */
  async #look<Result>(answer: Promise<Result>): Promise<Result> {
    try {
      return await answer;
    } catch (error) {
      if (this.#end !== undefined) throw new VitrineError(this.#end.code, `desktop ${this.id} cannot be used any more: ${this.#end.reason}`, { cause: error });
      if (error instanceof VitrineError && error.code === 'unavailable') throw new VitrineError('desktop_broken', error.message, { cause: error });
      throw error;
    }
  }
}
