import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { places, users } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import { engineCall } from './engine-call.ts';
import type { EngineCall } from './engine-call.ts';
import { defaultEngineUrl } from './engine-address.ts';
import type { EngineEndpoint } from './engine-address.ts';
import { connectEngine } from './engine-endpoint.ts';
import { missingRuntime } from './engine-warnings.ts';
import { engineGet } from './engine-get.ts';
import { ExecStream } from './exec-stream.ts';
import { containerTemplate } from './host-config.ts';
import { ImageBuilder } from './image-builder.ts';
import type { ImageRecipe } from './image-recipe.ts';
import { labelFilter } from './labels.ts';
import type { ContainerSpec, ContainerSummary, DesktopImage, Endpoint, EngineVersion, Part, RawLauncher } from './launcher.ts';
import { readProgramOutput } from './program-output.ts';
import { engineVersionOf, Handle, ImageReply, InfoReply, InspectReply, ListReply, parseReply, stateOf, summaryOf, VersionReply } from './replies.ts';
import { readSeccompProfile } from './seccomp-profile.ts';

export type DockerLauncherOptions = {
  /** Where the engine is; the local socket if absent. */
  readonly endpoint?: EngineEndpoint;
  /** Longest time of one call of the engine; starting a container may take twice as long. */
  readonly callTimeoutMs?: number;
  /** Runtime of the containers; the engine's if absent. */
  readonly runtime?: string | undefined;
  /** How the desktop's image is built; without it none is. */
  readonly recipe?: ImageRecipe | undefined;
};

/** A program in a desktop's container: a fixed command of a fixed user. */
type Program = { readonly user: number; readonly argv: readonly string[] };

const parts: Readonly<Record<Part, Program>> = { session: { user: users.agent, argv: [places.session] } };
/** A server that is just starting is waited for inside, where that costs nothing: 40 tries, one every 50 ms. */
const connectTo = (socket: string) => ['socat', '-b65536', '-', `UNIX-CONNECT:${socket},retry=40,interval=0.05`];
const endpoints: Readonly<Record<Endpoint, Program>> = {
  shim: { user: users.warden, argv: connectTo(places.shimSocket) },
  hands: { user: users.agent, argv: connectTo(places.handsSocket) },
  forwarder: { user: users.forwarder, argv: ['node', places.forwarder] },
  view: { user: users.warden, argv: connectTo(places.viewSocket) },
  control: { user: users.warden, argv: connectTo(places.controlSocket) },
};
/** Eight logs at most: each gets its share. */
const logs = (maxBytes: number): Program[] => [
  { user: users.warden, argv: ['sh', '-c', `exec tail -v -c ${Math.ceil(maxBytes / 8)} ${places.wardenFolder}/*.log`] },
  { user: users.agent, argv: ['sh', '-c', `exec tail -v -c ${Math.ceil(maxBytes / 8)} ${places.agentFolder}/*.log`] },
];

/** The Launcher on a Docker engine. Opens nothing by itself: the first call connects. Throws `invalid_request` for an unusable address. */
export function dockerLauncher(options: DockerLauncherOptions = {}): RawLauncher {
  const endpoint = options.endpoint ?? { url: defaultEngineUrl };
  return new DockerLauncher(connectEngine(endpoint), endpoint.url, options.callTimeoutMs ?? 30_000, options);
}

class DockerLauncher implements RawLauncher {
  readonly #docker: Docker;
  readonly #engineUrl: string;
  readonly #timeoutMs: number;
  readonly #runtime: string | undefined;
  readonly #builder: ImageBuilder | undefined;
  #known: EngineVersion | undefined;

  constructor(docker: Docker, engineUrl: string, timeoutMs: number, { runtime, recipe }: DockerLauncherOptions) {
    this.#docker = docker;
    this.#engineUrl = engineUrl;
    this.#timeoutMs = timeoutMs;
    this.#runtime = runtime;
    this.#builder = recipe && new ImageBuilder(docker, engineUrl, recipe, timeoutMs);
  }

  #call(what: string, more: Partial<EngineCall> = {}): EngineCall {
    return { what, engineUrl: this.#engineUrl, timeoutMs: this.#timeoutMs, ...more };
  }

  async version(signal: AbortSignal): Promise<EngineVersion> {
    const what = 'tell its version';
    const version = parseReply(VersionReply, await engineCall(this.#call(what), (abortSignal) => engineGet(this.#docker, '/version', abortSignal), signal), what);
    const info = parseReply(InfoReply, await engineCall(this.#call(what), (abortSignal) => engineGet(this.#docker, '/info', abortSignal), signal), what);
    this.#known = engineVersionOf(version, info);
    return this.#known;
  }

  async image(name: string, signal: AbortSignal): Promise<string | undefined> {
    const what = `look up image ${name}`;
    try {
      const reply = await engineCall(this.#call(what, { image: name }), (abortSignal) => engineGet(this.#docker, `/images/${encodeURI(name)}/json`, abortSignal), signal);
      return parseReply(ImageReply, reply, what).Id;
    } catch (error) {
      if (error instanceof VitrineError && error.code === 'image_missing') return undefined;
      throw error;
    }
  }

  async desktopImage(signal: AbortSignal): Promise<DesktopImage> {
    return this.#images().look(signal);
  }

  async buildImage(): Promise<void> {
    this.#images().begin();
  }

  async cancelBuild(): Promise<void> {
    this.#images().cancel();
  }

  #images(): ImageBuilder {
    if (this.#builder === undefined) throw new VitrineError('unprocessable', 'this launcher was not told how the desktop\'s image is built');
    return this.#builder;
  }

  async create(spec: ContainerSpec, signal: AbortSignal): Promise<{ readonly containerId: string }> {
    const what = `create desktop ${spec.desktopId}`;
    const { cpus } = await this.#engineWithRuntime(signal);
    const holes = { seccompProfile: await readSeccompProfile(spec.seccomp), engineCpus: cpus, createdAt: new Date(), runtime: this.#runtime };
    const template = containerTemplate(spec, holes);
    const container = await engineCall(
      this.#call(what, { image: spec.image }),
      (abortSignal) => this.#docker.createContainer({ ...template, abortSignal }),
      signal,
      (late) => void late.remove({ force: true }).catch(() => {}),
    );
    return { containerId: parseReply(Handle, container, what).id };
  }

  /** What is known of the engine; asked again while it lacks the runtime that was chosen. Throws `engine_unavailable` naming it: no other takes its place. */
  async #engineWithRuntime(signal: AbortSignal): Promise<EngineVersion> {
    const has = (known: EngineVersion | undefined) => known !== undefined && (this.#runtime === undefined || known.runtimes.includes(this.#runtime));
    const known = has(this.#known) ? this.#known : await this.version(signal);
    if (known !== undefined && has(known)) return known;
    throw new VitrineError('engine_unavailable', missingRuntime(this.#runtime ?? '', known?.runtimes ?? []));
  }

  async start(containerId: string, signal: AbortSignal): Promise<void> {
    const call = this.#call(`start container ${short(containerId)}`, { timeoutMs: 2 * this.#timeoutMs });
    await engineCall(call, (abortSignal) => this.#docker.getContainer(containerId).start({ abortSignal }), signal);
  }

  async startPart(containerId: string, part: Part, signal: AbortSignal): Promise<void> {
    const exec = await this.#prepare(containerId, parts[part], signal);
    const call = this.#call(`start the ${part} in container ${short(containerId)}`);
    const reply = await engineCall(call, (abortSignal) => exec.start({ Detach: true, abortSignal }), signal, discardStream);
    reply.on('error', () => {}).resume();
  }

  openStream(containerId: string, endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
    return this.#stream(containerId, endpoints[endpoint], signal);
  }

  openRawStream(containerId: string, endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
    return this.#rawStream(containerId, endpoints[endpoint], signal);
  }

  async logTail(containerId: string, maxBytes: number, signal: AbortSignal): Promise<string> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
    const tails = logs(Math.trunc(maxBytes)).map(async (program) => {
      const stream = await this.#stream(containerId, program, bounded);
      stream.end();
      return (await readProgramOutput(stream, maxBytes, bounded)).toString('utf8');
    });
    const texts = await Promise.allSettled(tails);
    return texts.map((text) => (text.status === 'fulfilled' ? text.value : '')).join('').slice(-maxBytes);
  }

  async inspect(containerId: string, signal: AbortSignal) {
    const what = `inspect container ${short(containerId)}`;
    const reply = await engineCall(this.#call(what), (abortSignal) => this.#docker.getContainer(containerId).inspect({ abortSignal }), signal);
    const { State } = parseReply(InspectReply, reply, what);
    const state = stateOf(State.Status);
    return { state, exitCode: state === 'exited' ? State.ExitCode : undefined };
  }

  async list(installId: string, signal: AbortSignal): Promise<ContainerSummary[]> {
    const what = 'list the desktops';
    const filters = { label: labelFilter(installId) };
    const reply = await engineCall(this.#call(what), (abortSignal) => this.#docker.listContainers({ all: true, filters, abortSignal }), signal);
    return parseReply(ListReply, reply, what).map(summaryOf);
  }

  async remove(containerId: string, signal: AbortSignal): Promise<void> {
    const call = this.#call(`remove container ${short(containerId)}`);
    try {
      await engineCall(call, (abortSignal) => this.#docker.getContainer(containerId).remove({ force: true, v: true, abortSignal }), signal);
    } catch (error) {
      // 404: gone already. 409: its removal is in progress.
      if (!(error instanceof VitrineError && (error.code === 'gone' || error.code === 'conflict'))) throw error;
    }
  }

  async #stream(containerId: string, program: Program, signal: AbortSignal): Promise<Duplex> {
    return new ExecStream(await this.#rawStream(containerId, program, signal));
  }

  async #rawStream(containerId: string, program: Program, signal: AbortSignal): Promise<Duplex> {
    const exec = await this.#prepare(containerId, program, signal);
    const call = this.#call(`open a stream into container ${short(containerId)}`);
    return engineCall(call, (abortSignal) => exec.start({ hijack: true, stdin: true, Tty: false, abortSignal }), signal, discardStream);
  }

  async #prepare(containerId: string, program: Program, signal: AbortSignal): Promise<Docker.Exec> {
    const what = `prepare ${program.argv[0] ?? ''} in container ${short(containerId)}`;
    const attach = program.argv[0] !== places.session;
    const exec = await engineCall(this.#call(what), (abortSignal) => this.#docker.getContainer(containerId).exec({
      Cmd: [...program.argv],
      User: `${program.user}:${program.user}`,
      WorkingDir: '/',
      Env: program.user === users.agent ? [`HOME=${places.home}`, 'USER=agent', 'LOGNAME=agent'] : [],
      AttachStdin: attach,
      AttachStdout: attach,
      AttachStderr: attach,
      Tty: false,
      abortSignal,
    }), signal);
    parseReply(Handle, exec, what);
    return exec;
  }
}

function discardStream(late: Duplex): void {
  late.on('error', () => {}).destroy();
}

function short(containerId: string): string {
  return containerId.slice(0, 12);
}
