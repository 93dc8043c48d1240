import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../../support/wait-for.ts';

const execute = promisify(execFile);
const upMs = 30_000;

/**
 * A Docker engine of its own: own data, own socket, own namespaces for network (an engine without a bridge deletes that of the
 * namespace it runs in) and mounts. It can be killed, stopped and started without anybody noticing.
 */
export class PrivateEngine implements AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  #daemon: ChildProcess | undefined;

  private constructor(folder: string) {
    this.folder = folder;
    this.url = `unix://${join(folder, 'd.sock')}`;
  }

  /** Makes one that has the image; its layers are those of the machine's engine, or copies where they cannot be reached. */
  static async make(image: string): Promise<PrivateEngine> {
    const root = execFileSync('docker', ['info', '--format', '{{.DockerRootDir}}'], { encoding: 'utf8' }).trim();
    const parent = existsSync(root) ? dirname(root) : '/var/tmp';
    const engine = new PrivateEngine(join(parent, `vitrine-test-${randomBytes(4).toString('hex')}`));
    mkdirSync(engine.folder, { recursive: true });
    const isShared = shareImage(image, root, join(engine.folder, 'data'));
    await engine.start(false);
    if (!isShared) await execute('bash', ['-c', `docker save '${image}' | docker -H '${engine.url}' load`], { timeout: 300_000 });
    return engine;
  }

  /** Starts the daemon; with `liveRestore` its containers outlive it. */
  async start(liveRestore: boolean): Promise<void> {
    const { folder } = this;
    writeFileSync(join(folder, 'daemon.json'), JSON.stringify({ 'live-restore': liveRestore }));
    const at = (name: string) => join(folder, name);
    const options = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), '-H', this.url, '--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--config-file', at('daemon.json')];
    const namespaces = this.#namespaces === undefined ? ['unshare', '-n', '-m'] : ['nsenter', `--net=${this.#namespaces}/net`, `--mount=${this.#namespaces}/mnt`];
    const log = openSync(at('log'), 'a');
    this.#daemon = spawn('setsid', [...namespaces, 'dockerd', ...options], { cwd: '/', stdio: ['ignore', log, log] });
    closeSync(log);
    await waitFor('the private engine answers', () => execute('docker', ['-H', this.url, 'version'], { timeout: 5000 }).then(() => true, () => false), upMs);
    this.#holdNamespaces();
  }

  /** A process that keeps the namespaces alive while the daemon is away: its containers' mounts live there. */
  #holder: ChildProcess | undefined;
  get #namespaces(): string | undefined {
    return this.#holder?.pid === undefined ? undefined : `/proc/${this.#holder.pid}/ns`;
  }

  #holdNamespaces(): void {
    if (this.#holder !== undefined) return;
    this.#holder = spawn('nsenter', [`--net=/proc/${this.pid}/ns/net`, `--mount=/proc/${this.pid}/ns/mnt`, 'sleep', 'infinity'], { stdio: 'ignore' });
  }

  get pid(): number {
    return Number(readFileSync(join(this.folder, 'pid'), 'utf8'));
  }

  /** Ends the daemon: SIGTERM in order, SIGKILL without a word. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { pid } = this;
    process.kill(pid, signal);
    const files = [join(this.folder, 'pid'), join(this.folder, 'exec', 'containerd', 'containerd.pid')];
    const pids = [pid, ...files.slice(1).filter((file) => existsSync(file)).map((file) => Number(readFileSync(file, 'utf8')))];
    await waitFor('the private engine and its containerd are gone', () => !pids.some(isRunning), upMs);
    for (const file of files) rmSync(file, { force: true }); // a new daemon would wait for the process that a number names
  }

  /** Stops its processes from running, or lets them go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const list = async () => (await execute('docker', ['-H', this.url, 'ps', '-aq'], { timeout: 10_000 })).stdout.split('\n').filter((id) => id !== '');
    const containers = await list().catch(async () => {
      await this.start(false); // containers may have outlived a daemon that a failed test has ended
      return list();
    });
    if (containers.length > 0) await execute('docker', ['-H', this.url, 'rm', '-f', ...containers], { timeout: 60_000 });
    await this.stop('SIGTERM').catch(() => undefined); // gone already
    this.#daemon?.kill('SIGKILL');
    this.#holder?.kill('SIGKILL');
    await waitFor('its folder can be removed', () => {
      try {
        rmSync(this.folder, { recursive: true, force: true });
        return true;
      } catch {
        return false;
      }
    }, upMs);
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Puts an image into the data folder of an engine that does not run: its layers, which no engine writes to, are those of the other one. False where that is not possible. */
function shareImage(image: string, root: string, data: string): boolean {
  const info = JSON.parse(execFileSync('docker', ['image', 'inspect', image], { encoding: 'utf8' })) as { Id: string; RootFS: { Layers: string[] }; GraphDriver: { Name: string } }[];
  const [{ Id, RootFS, GraphDriver } = { Id: '', RootFS: { Layers: [] }, GraphDriver: { Name: '' } }] = info;
  if (GraphDriver.Name !== 'overlay2' || !existsSync(join(root, 'overlay2'))) return false;
  const store = join('image', 'overlay2');
  const [from, to] = [join(root, store), join(data, store)];
  const digest = Id.replace('sha256:', '');
  for (const folder of ['imagedb/content/sha256', 'layerdb/sha256']) mkdirSync(join(to, folder), { recursive: true });
  mkdirSync(join(data, 'overlay2', 'l'), { recursive: true });
  cpSync(join(from, 'imagedb/content/sha256', digest), join(to, 'imagedb/content/sha256', digest));
  writeFileSync(join(to, 'repositories.json'), JSON.stringify({ Repositories: { [image.split(':')[0] ?? image]: { [image]: Id } } }));
  for (const chain of chainOf(RootFS.Layers)) {
    const layer = join('layerdb/sha256', chain);
    cpSync(join(from, layer), join(to, layer), { recursive: true });
    const cache = readFileSync(join(from, layer, 'cache-id'), 'utf8').trim();
    symlinkSync(join(root, 'overlay2', cache), join(data, 'overlay2', cache));
    const link = readFileSync(join(root, 'overlay2', cache, 'link'), 'utf8').trim();
    symlinkSync(readlinkSync(join(root, 'overlay2', 'l', link)), join(data, 'overlay2', 'l', link));
  }
  return true;
}

/** The engine's name of every layer with all below it: the first is its own digest, the others that of "below own". */
function chainOf(layers: readonly string[]): string[] {
  const chain: string[] = [];
  for (const layer of layers) {
    const below = chain.at(-1);
    chain.push(below === undefined ? layer.replace('sha256:', '') : createHash('sha256').update(`sha256:${below} ${layer}`).digest('hex'));
  }
  return chain;
}
