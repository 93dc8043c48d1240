import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openControlEpoch } from '../server/control-epoch.ts';
import { openControllerFence, writeWhole } from '../server/controller-fence.ts';
import { serveMethods } from '../server/method-server.ts';
import { places, WireError } from '../wire/index.ts';
import { createActor } from './actor.ts';
import { Ambience } from './ambience.ts';
import { watchForBreak } from './broken.ts';
import { createCapture } from './capture.ts';
import { createClientBarrier } from './client-barrier.ts';
import { createClipboard } from './clipboard.ts';
import { readFocus, readFocusAtRest } from './focus.ts';
import { openFramebuffer, type Framebuffer } from './framebuffer.ts';
import { createFrameStore } from './frame-store.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createHeld } from './held.ts';
import { Keyboard } from './keyboard.ts';
import { spareKeycodes } from './keymap.ts';
import { openLedger } from './ledger.ts';
import { methods, openShimSession, type ShimParts } from './methods.ts';
import { createPerformer } from './performer.ts';
import { openScreen } from './screen.ts';
import { realTime, settle, type SettleWorld } from './settle.ts';
import { createStaleTargetGuard } from './stale-target.ts';
import { createThumbnails } from './thumbnail.ts';
import { createViewServers } from './view-servers.ts';
import { createWatcher } from './watcher.ts';
import { Xdotool } from './xdotool.ts';
import { XServer } from './x-server.ts';

const startMs = 30_000;
const retryMs = 10;
const breakLookMs = 1000;
/** An application that does not answer pings has taken its keys in when the screen has come to rest. */
const consumedOptions = { floorMs: 80, quietMs: 60, ceilingMs: 600 };

const folder = process.env['VITRINE_WARDEN_FOLDER'] ?? places.wardenFolder;
const socketPath = process.env['VITRINE_SHIM_SOCKET'] ?? places.shimSocket;
const viewSocket = process.env['VITRINE_VIEW_SOCKET'] ?? places.viewSocket;
const controlSocket = process.env['VITRINE_CONTROL_SOCKET'] ?? places.controlSocket;
const framebufferFile = join(process.env['VITRINE_FRAMEBUFFER_FOLDER'] ?? places.framebufferFolder, 'Xvfb_screen0');
const display = process.env['DISPLAY'] ?? ':0';
const toolEnv = { DISPLAY: display, PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8' };

process.umask(0o077);
mkdirSync(folder, { recursive: true, mode: 0o700 });
main().catch((reason: unknown) => {
  console.error(reason);
  process.exit(1);
});

/** Waits for the X server, then listens until a signal ends it. */
async function main(): Promise<void> {
  const framebuffer: Framebuffer = await retry(() => openFramebuffer(framebufferFile));
  const server = await retry(() => XServer.connect(display));
  const parts = await compose(server, framebuffer);
  const watcher = createWatcher(parts.screen, parts.ambience, parts.world.now, () => parts.actor.isActing, (reason) => parts.broken.fail(WireError.from(reason).message));
  const release = () => void parts.held.release().catch((reason: unknown) => console.error(reason));
  const listening = await serveMethods(socketPath, {
    server: 'shim',
    methods,
    fence: openControllerFence(join(folder, 'controller.json')),
    describe() {
      const broken = parts.broken.reason();
      return { display: parts.screen.display, epoch: parts.epoch.present, ...(broken === undefined ? {} : { broken }) };
    },
    open: (version) => openShimSession(parts, version),
    refusal: () => parts.broken.refusal(),
    heard: () => parts.heartbeat.beat(),
    connected(isConnected) {
      watcher.run(isConnected);
      if (isConnected) return;
      parts.views.killControl();
      void parts.views.controlEnded().then(release);
    },
  });
  parts.tellBroken = (reason) => listening.notify({ notice: 'broken', reason });
  void server.lost.then((reason) => parts.broken.fail(reason));
  setInterval(() => parts.broken.reason(), breakLookMs).unref();
  console.error(`shim listens on ${socketPath}, display ${display} of ${parts.screen.display.width}x${parts.screen.display.height}`);

  const end = async (signal: string): Promise<void> => {
    listening.notify({ notice: 'ending', reason: `the shim got ${signal}` });
    await listening[Symbol.asyncDispose]();
    parts.clipboard[Symbol.dispose]();
    parts.xdotool[Symbol.dispose]();
    parts.views[Symbol.dispose]();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void end(signal));
}

type Composed = ShimParts & { readonly xdotool: Xdotool; tellBroken: (reason: string) => void };

async function compose(server: XServer, framebuffer: Framebuffer): Promise<Composed> {
  const screen = openScreen(framebuffer);
  const ambience = new Ambience();
  const world: SettleWorld = { ...realTime, screen, ambience };
  const xdotool = new Xdotool(toolEnv);
  const consumed = createClientBarrier(server, async (signal) => void (await settle(screen.look(), consumedOptions, world, signal)));
  const keyboard = new Keyboard(server, xdotool, consumed, await spares(server));
  const held = createHeld(server, xdotool, keyboard);
  const frames = createFrameStore(Date.now());
  const actorParts = {
    server, screen, world, ambience, held,
    focused: () => readFocus(server),
    focusedAtRest: (signal: AbortSignal) => readFocusAtRest(server, signal),
    capture: createCapture(frames),
    performer: createPerformer(xdotool, keyboard),
    guard: createStaleTargetGuard(frames, ambience),
    ledger: openLedger(join(folder, 'ledger.jsonl')),
    epoch: openControlEpoch(join(folder, 'control-epoch')),
  };
  const composed: Composed = {
    ...actorParts, xdotool,
    tellBroken: () => undefined,
    actor: createActor(actorParts),
    clipboard: createClipboard(server, toolEnv),
    views: createViewServers({ view: viewSocket, control: controlSocket }, toolEnv, () => server.pointer()),
    thumbnails: createThumbnails(),
    heartbeat: createHeartbeat(folder, realTime.now),
    broken: watchForBreak(join(folder, 'broken'), (reason) => composed.tellBroken(reason)),
  };
  await held.release(); // a shim that was killed may have left keys down
  server.setAutoRepeat(true);
  return composed;
}

/** The spare keycodes are found once per X server: later the mapping holds characters that we bound ourselves. */
async function spares(server: XServer): Promise<number[]> {
  const file = join(folder, 'spare-keycodes.json');
  if (!existsSync(file)) writeWhole(file, JSON.stringify(spareKeycodes(await server.keyboardMapping(), server.keycodes.first)));
  const known: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return Array.isArray(known) ? known.filter((keycode) => Number.isInteger(keycode)) : [];
}

async function retry<Value>(attempt: () => Value | Promise<Value>): Promise<Value> {
  const deadline = performance.now() + startMs;
  for (;;) {
    try {
      return await attempt();
    } catch (reason) {
      if (performance.now() > deadline) throw reason;
    }
    await pause(retryMs);
  }
}
