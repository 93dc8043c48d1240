import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { handsMethods, limits, places, protocolVersion, shimMethods, type HandsMethods, type ShimMethods } from '../../sandbox-image/wire/index.ts';
import type { Methods, ParamsOf, ResultOf } from '../../sandbox-image/wire/method.ts';
import { waitFor } from './wait-for.ts';
import { openSocket, pipesOf, WireClient } from './wire-client.ts';

type Perform = ParamsOf<ShimMethods, 'perform'>;
type Outcome = ResultOf<ShimMethods, 'perform'>;

/** A hardened desktop of its own with clients of both servers; removed when it goes out of scope. */
export class TestDesktop implements AsyncDisposable {
  readonly id: string;
  readonly #containerId: string;
  #epoch = 0;
  #connections: Disposable[] = [];
  shim!: WireClient<ShimMethods>;
  hands!: WireClient<HandsMethods>;

  private constructor(id: string, containerId: string) {
    this.id = id;
    this.#containerId = containerId;
  }

  /** Starts a desktop and waits for window manager, shim and hands. */
  static async start(): Promise<TestDesktop> {
    const launcher = dockerLauncher();
    const signal = AbortSignal.timeout(90_000);
    const id = `d-${randomUUID()}`;
    const { containerId } = await launcher.create({
      desktopId: id, installId: 'test-shim', project: 'default', runId: undefined, image: process.env['VITRINE_TEST_DESKTOP_IMAGE'] ?? 'vitrine-desktop:latest',
      width: 1280, height: 800, seccomp: 'browser', memoryBytes: 2 * 2 ** 30, cpus: 2, pids: 512,
      deadManSeconds: 600, hardDeadline: Math.floor(Date.now() / 1000) + 1200, controllerEpoch: 1,
    }, signal);
    const desktop = new TestDesktop(id, containerId);
    try {
      await launcher.start(containerId, signal);
      await launcher.startPart(containerId, 'session', signal);
      await desktop.until('agent', 'xprop -root _NET_SUPPORTING_WM_CHECK | grep "window id" && xdotool search --class tint2', 60_000);
      desktop.shim = await desktop.connect('shim', shimMethods);
      desktop.hands = await desktop.connect('hands', handsMethods);
      return desktop;
    } catch (reason) {
      await desktop[Symbol.asyncDispose]();
      throw reason;
    }
  }

  /** A connection that has said hello; tries again while the server is starting. */
  async connect<Table extends Methods>(server: 'shim' | 'hands', methods: Table, controllerEpoch = 1, protocol = protocolVersion): Promise<WireClient<Table>> {
    const [user, path] = server === 'shim' ? ['warden', places.shimSocket] : ['agent', places.handsSocket];
    const open = () => pipesOf(spawn('docker', ['exec', '-i', '--user', user, this.#containerId, 'socat', '-', `UNIX-CONNECT:${path}`]));
    const socket = await waitFor(`${server} answers`, () => openSocket(open).catch(() => undefined), 30_000);
    const client = new WireClient(socket, methods);
    this.#connections.push(client);
    await (client as unknown as WireClient<ShimMethods>).call('hello', { protocol, controllerEpoch, desktopId: this.id });
    return client;
  }

  /** Performs one action under a fresh id; the outcome must be as expected, or the test ends here. */
  async perform(action: Perform['action'], more: Partial<Perform> = {}): Promise<Outcome> {
    return await this.shim.call('perform', { actionId: randomUUID(), epoch: this.#epoch, action, ...more });
  }

  set epoch(epoch: number) {
    this.#epoch = epoch;
  }

  /** Runs a bash text inside, as one of the users. */
  run(user: 'agent' | 'warden', text: string): { code: number; output: string } {
    const prelude = user === 'agent' ? '. /opt/vitrine/session/environment; cd; ' : '';
    const { status, stdout, stderr } = spawnSync('docker', ['exec', '--user', user, this.#containerId, 'bash', '-c', prelude + text], { encoding: 'utf8', timeout: 60_000, maxBuffer: 2 ** 26 });
    return { code: status ?? -1, output: stdout + stderr };
  }

  async until(user: 'agent' | 'warden', text: string, timeoutMs = 30_000): Promise<string> {
    let last = '';
    return await waitFor(text, () => {
      const { code, output } = this.run(user, text);
      last = output;
      return code === 0 ? { output } : undefined;
    }, timeoutMs).then(({ output }) => output, (reason: unknown) => { throw new Error(`${String(reason)}: ${last}`); });
  }

  /** Starts a program of the session. */
  async open(...argv: string[]): Promise<number> {
    return (await this.hands.call('openProgram', { argv })).pid;
  }

  /** Opens a window and waits until it is the active one. */
  async openWindow(title: RegExp, ...argv: string[]): Promise<number> {
    const pid = await this.open(...argv);
    await waitFor(`a window ${title}`, async () => title.test((await this.shim.call('state', {})).activeWindow ?? ''), 60_000);
    await this.shim.call('capture', { settle: { floorMs: 300, quietMs: 300, ceilingMs: 5000 } });
    return pid;
  }

  /** Ends a window's program and waits until it is gone. */
  async close(pid: number): Promise<void> {
    this.run('agent', `kill -9 -${pid}; kill -9 ${pid}`);
    await waitFor(`process ${pid} is gone`, () => this.run('agent', `kill -0 ${pid}`).code !== 0);
  }

  async put(path: string, text: string): Promise<void> {
    const { handle } = await this.hands.call('openFile', { path, mode: 'write' });
    const bytes = Buffer.from(text);
    for (let offset = 0; offset < bytes.length; offset += limits.maxChunkBytes) {
      await this.hands.call('writeFile', { handle, offset }, bytes.subarray(offset, offset + limits.maxChunkBytes));
    }
    await this.hands.call('closeFile', { handle });
  }

  /** A file's text; empty while there is none. */
  async take(path: string): Promise<string> {
    const opened = await this.hands.call('openFile', { path, mode: 'read' }).catch(() => undefined);
    if (opened === undefined) return '';
    const { body } = await this.hands.begin('readFile', { handle: opened.handle, offset: 0, length: limits.maxChunkBytes }).answer;
    await this.hands.call('closeFile', { handle: opened.handle });
    return body.toString('utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection[Symbol.dispose]();
    await dockerLauncher().remove(this.#containerId, AbortSignal.timeout(30_000));
  }
}
