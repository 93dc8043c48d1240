import type { Session } from '../server/method-server.ts';
import { WireError, type Frame, type Point } from '../wire/index.ts';
import { shimMethods, type ShimMethods } from '../wire/shim-methods.ts';
import type { Actor, ActorParts } from './actor.ts';
import type { Brokenness } from './broken.ts';
import type { Clipboard } from './clipboard.ts';
import { readCursor } from './cursor.ts';
import type { Heartbeat } from './heartbeat.ts';
import { settle } from './settle.ts';
import type { Thumbnails } from './thumbnail.ts';
import type { ViewServers } from './view-servers.ts';
import { readWindows } from './windows.ts';
import type { XServer } from './x-server.ts';

/** The table that the shim answers. */
export const methods = shimMethods;

/** Everything that the shim's methods act on. */
export type ShimParts = Omit<ActorParts, 'server'> & {
  readonly server: XServer;
  readonly actor: Actor;
  readonly clipboard: Clipboard;
  readonly heartbeat: Heartbeat;
  readonly broken: Brokenness;
  readonly views: ViewServers;
  readonly thumbnails: Thumbnails;
};

/** The version of the wire in which frames name the focused window. */
const namesWindows = 3;

/** The shim's answers, in a version of the wire. They keep nothing per connection. */
export function openShimSession(parts: ShimParts, version: number): Session<ShimMethods> {
  const { actor, screen, server, held } = parts;
  const pointerOf = async (): Promise<Point> => {
    const { x, y } = await server.pointer();
    return { x, y };
  };
  const inVersion = ({ window, ...frame }: Frame): Frame => (version < namesWindows || window === undefined ? frame : { ...frame, window });
  return {
    closed: () => undefined,
    handlers: {
      async perform(params, { signal }) {
        const { outcome, picture } = await actor.perform(params, signal);
        if (picture === undefined || outcome.frame === undefined) return { result: outcome };
        return { result: { ...outcome, frame: inVersion(outcome.frame) }, body: picture };
      },
      async capture({ capture, settle: options }, { signal }) {
        const before = screen.look();
        const settled = options === undefined ? { settled: true, waitedMs: 0, after: before } : await settle(before, options, parts.world, signal);
        const start = parts.world.now();
        const pixels = options === undefined ? before : settled.after;
        const [cursor, window] = await Promise.all([readCursor(server), parts.focused()]);
        const { frame, picture } = await parts.capture.capture(pixels, cursor, capture, 'look');
        return { result: { frame: inVersion({ ...frame, window }), settled: settled.settled, waitedMs: settled.waitedMs, captureMs: parts.world.now() - start }, body: picture };
      },
      async ledger({ actionId }) {
        const entry = parts.ledger.find(actionId);
        if (entry === undefined) return { result: { state: 'never' } };
        return { result: entry.state === 'begun' ? { state: 'begun' } : { state: 'ended', outcome: { ...entry.outcome, replayed: true } } };
      },
      async setEpoch({ epoch }) {
        const isRaised = parts.epoch.raise(epoch);
        if (isRaised) parts.views.killControl();
        const work = async () => {
          await parts.views.controlEnded();
          return await held.release();
        };
        const released = isRaised ? await actor.interrupt(new WireError('stale_epoch', `control passed to epoch ${epoch}`), work) : { keys: [], buttons: [] };
        return { result: { epoch, released } };
      },
      async release() {
        return { result: { released: await held.release() } };
      },
      async state() {
        const broken = parts.broken.reason();
        const [heldNow, pointer, windows] = await Promise.all([held.read(), pointerOf(), readWindows(server)]);
        return { result: { held: heldNow, pointer, ...windows, ...(broken === undefined ? {} : { broken }) } };
      },
      async startView({ mode, epoch }) {
        if (mode === 'control' && epoch === undefined) throw new WireError('invalid_request', 'a control server needs the control epoch that it is for');
        if (epoch !== undefined) parts.epoch.assertPresent(epoch);
        try {
          await parts.views.start(mode);
        } finally {
          if (epoch !== undefined) parts.epoch.assertPresent(epoch); // it may have been killed because control passed
        }
        return { result: {} };
      },
      async thumbnail({ maxWidth, quality }) {
        const { width, height, picture } = await parts.thumbnails.make(screen.look(), await readCursor(server), maxWidth, quality);
        return { result: { width, height }, body: picture };
      },
      async readClipboard(_params, { signal }) {
        return { result: { text: await parts.clipboard.read(signal) } };
      },
      async writeClipboard({ text, epoch }, { signal }) {
        if (epoch !== undefined) parts.epoch.assertPresent(epoch);
        await parts.clipboard.write(text, signal);
        return { result: {} };
      },
      async keepAlive({ deadManSeconds, hardDeadline }) {
        if (deadManSeconds !== undefined) parts.heartbeat.setDeadMan(deadManSeconds);
        if (hardDeadline !== undefined) parts.heartbeat.setHardDeadline(hardDeadline);
        return { result: {} };
      },
    },
  };
}
