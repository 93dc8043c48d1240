import type { Duplex } from 'node:stream';

/** Parts of a desktop that are started inside its container, each as a fixed user with a fixed command. */
export type Part = 'session';
/**
 * What a stream inside a container can be opened to: its two servers, a forwarder that is started with the stream and ends
 * with it, or the view servers that the shim holds up.
 */
export type Endpoint = 'shim' | 'hands' | 'forwarder' | 'view' | 'control';

/** Everything about a container that may differ between two desktops. All else is a constant template (no request field reaches it). */
export type ContainerSpec = {
  readonly desktopId: string;
  readonly installId: string;
  readonly project: string;
  readonly runId: string | undefined;
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly seccomp: 'browser' | 'strict';
  readonly memoryBytes: number;
  /** Cores; capped to what the engine has. */
  readonly cpus: number;
  readonly pids: number;
  readonly deadManSeconds: number;
  /** Seconds since the epoch after which the container ends itself. */
  readonly hardDeadline: number;
  /** Which start of the controller made it: an older controller leaves it alone. */
  readonly controllerEpoch: number;
};

export type ContainerState = 'created' | 'running' | 'paused' | 'exited' | 'other';

/** A container of this installation, by its labels. */
export type ContainerSummary = {
  readonly containerId: string;
  readonly desktopId: string;
  readonly project: string;
  readonly runId: string | undefined;
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly createdAt: number;
  /** The controller's epoch when it was made. */
  readonly controllerEpoch: number;
  readonly state: ContainerState;
};

/** What an engine says of itself. `isolation` is what it can hold a container to. */
export type EngineVersion = {
  readonly engine: string; readonly api: string; readonly os: string; readonly arch: string; readonly cpus: number; readonly memoryBytes: number;
  /** Version of its runc; undefined where it does not say. */
  readonly runc: string | undefined;
  /** Names of its runtimes. */
  readonly runtimes: readonly string[];
  readonly isolation: EngineIsolation;
};

/** Which of the limits that a desktop is given the engine can enforce. */
export type EngineIsolation = { readonly seccomp: boolean; readonly rootless: boolean; readonly userns: boolean; readonly cgroup: string; readonly memory: boolean; readonly swap: boolean; readonly pids: boolean; readonly cpu: boolean };

/** An image on the engine. `isCurrent`: it was built from what a build would be made from now; undefined where it does not say. */
export type BuiltImage = { readonly id: string; readonly createdAt: number; readonly isCurrent: boolean | undefined };

/** A build of the desktop's image, under way or the last one. */
export type ImageBuild = {
  readonly state: 'building' | 'built' | 'failed' | 'cancelled';
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  /** Steps that are done, of `total`; 0 of 0 while it is not known how many there are. */
  readonly done: number;
  readonly total: number;
  /** The present step, as the Dockerfile has it. */
  readonly step: string;
  /** The end of its output. */
  readonly lines: readonly string[];
  /** Why it failed. */
  readonly failure: string | undefined;
};

/** The image that desktops are made from. `cannotBuild`: why this launcher does not build it; undefined if it does. */
export type DesktopImage = { readonly name: string; readonly image: BuiltImage | undefined; readonly cannotBuild: string | undefined; readonly build: ImageBuild | undefined };

/**
 * The handful of verbs by which Vitrine uses a container engine; nothing else of Vitrine speaks to it. Every call has
 * a deadline of its own. Errors are VitrineError: `engine_unavailable`, `image_missing`, `gone` (no such container),
 * `conflict` (the name is taken), `deadline_exceeded`.
 */
export interface Launcher {
  version(signal: AbortSignal): Promise<EngineVersion>;
  /** Whether the image exists on the engine; its id if so. */
  image(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** The image that desktops are made from, and the build of it. Throws `unprocessable` where the launcher was given no recipe. */
  desktopImage(signal: AbortSignal): Promise<DesktopImage>;
  /** Begins to build that image from Vitrine's own files, or joins the build under way; `desktopImage` says how it goes. Nothing about it can be asked for. */
  buildImage(signal: AbortSignal): Promise<void>;
  /** Gives the build under way up. */
  cancelBuild(signal: AbortSignal): Promise<void>;
  create(spec: ContainerSpec, signal: AbortSignal): Promise<{ readonly containerId: string }>;
  start(containerId: string, signal: AbortSignal): Promise<void>;
  startPart(containerId: string, part: Part, signal: AbortSignal): Promise<void>;
  /** A byte stream to a server inside. It ends without an error when the engine or the container goes away. */
  openStream(containerId: string, endpoint: Endpoint, signal: AbortSignal): Promise<Duplex>;
  /** The last bytes of the logs inside a container (`x-server`, `shim`, `session`), for an error message. Empty if they cannot be had. */
  logTail(containerId: string, maxBytes: number, signal: AbortSignal): Promise<string>;
  inspect(containerId: string, signal: AbortSignal): Promise<{ readonly state: ContainerState; readonly exitCode: number | undefined }>;
  /** All containers of this installation, stopped ones included. */
  list(installId: string, signal: AbortSignal): Promise<ContainerSummary[]>;
  /** Removes a container with force; succeeds if it is gone already. */
  remove(containerId: string, signal: AbortSignal): Promise<void>;
}

/** A Launcher that can also hand out an exec stream as the engine sends it, both outputs in one (ExecStream takes it apart). */
export interface RawLauncher extends Launcher {
  openRawStream(containerId: string, endpoint: Endpoint, signal: AbortSignal): Promise<Duplex>;
}
