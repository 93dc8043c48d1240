import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { WireError, type ViewMode } from '../wire/index.ts';

/** How long a server lasts without a connection. */
const graceSeconds = 8;
const startMs = 5000;
const lookEveryMs = 5;

/** No port, no password (the socket's mode is the lock), nobody pushed out by whoever comes next. */
const common = [
  '-SecurityTypes=None', '-rfbport=-1', '-rfbunixmode=0600', '-AlwaysShared=1', '-AcceptSetDesktopSize=0', '-SendPrimary=0', '-SetPrimary=0',
  '-desktop=Vitrine', '-UseBlacklist=0', `-MaxDisconnectionTime=${graceSeconds}`, '-Log=*:stderr:0',
];
const options: Readonly<Record<ViewMode, readonly string[]>> = {
  view: [...common, '-AcceptKeyEvents=0', '-AcceptPointerEvents=0', '-AcceptCutText=0', '-SendCutText=0', '-FrameRate=30'],
  control: [...common, '-MaxCutText=65536'],
};

/** The RFB servers of the live view: one that only shows, and one that takes input while a person is in control. */
export type ViewServers = Disposable & {
  /** Resolves once the server takes connections on its socket. Rejects with WireError `internal` when it does not come up, or is killed meanwhile. */
  start(mode: ViewMode): Promise<void>;
  /** Kills the server that takes input, and with it every connection. */
  killControl(): void;
  /** Resolves once a killed control server is gone and what it sent the X server has been worked off. */
  controlEnded(): Promise<void>;
};

type Running = { readonly child: ChildProcess; readonly ended: Promise<unknown>; readonly ready: Promise<void> };

/** Makes the keeper of both servers; `settled` is one round trip to the X server. Servers end with this process, however it ends. */
export function createViewServers(sockets: Readonly<Record<ViewMode, string>>, env: NodeJS.ProcessEnv, settled: () => Promise<unknown>): ViewServers {
  const running = new Map<ViewMode, Running>();
  let ending: Promise<unknown> = Promise.resolve();

  const launch = (mode: ViewMode): Running => {
    const socket = sockets[mode];
    rmSync(socket, { force: true });
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'X0tigervnc', `-rfbunixpath=${socket}`, ...options[mode]], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = once(child, 'close').catch(() => undefined);
    const entry = { child, ended, ready: listening(child, socket, mode) };
    void ended.then(() => {
      if (running.get(mode) === entry) running.delete(mode);
    });
    running.set(mode, entry);
    return entry;
  };
  const kill = (mode: ViewMode): Promise<unknown> => {
    const entry = running.get(mode);
    running.delete(mode);
    entry?.child.kill('SIGKILL');
    return entry?.ended ?? Promise.resolve();
  };

  return {
    start: async (mode) => await (running.get(mode) ?? launch(mode)).ready,
    killControl() {
      ending = Promise.all([ending, kill('control')]);
    },
    async controlEnded() {
      await ending;
      await settled().catch(() => undefined); // an X server that is gone has nothing left to work off
    },
    [Symbol.dispose]() {
      void kill('view');
      void kill('control');
    },
  };
}

/** Waits for a server's socket. */
async function listening(child: ChildProcess, socket: string, mode: ViewMode): Promise<void> {
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.once('close', (code, signal) => (failure ??= `it ended with ${signal ?? String(code)}`));
  const deadline = performance.now() + startMs;
  while (!existsSync(socket)) {
    if (failure === undefined && performance.now() > deadline) {
      child.kill('SIGKILL');
      failure = `it did not listen within ${startMs} ms`;
    }
    if (failure !== undefined) throw new WireError('internal', `the ${mode} server could not be started: ${failure}`);
    await pause(lookEveryMs);
  }
}
