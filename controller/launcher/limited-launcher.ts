import { VitrineError } from '../errors.ts';
import type { ContainerSpec, RawLauncher } from './launcher.ts';

/** What a launcher's owner allows it to make, whoever asks. */
export type LauncherLimits = {
  readonly installId: string;
  readonly images: readonly string[];
  readonly profiles: readonly ContainerSpec['seccomp'][];
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  readonly deadManSeconds: number;
  /** From its making to a container's hard deadline. */
  readonly lifetimeSeconds: number;
};

const clockSkewSeconds = 60;

/**
 * A launcher that serves one installation within its owner's limits. A container beyond them, or of another
 * installation, is refused with `forbidden`; a container that is not this installation's is `gone` for every verb, and
 * left alone by `remove`.
 */
export function limitedLauncher(launcher: RawLauncher, limits: LauncherLimits): RawLauncher {
  const own = new Set<string>();
  const listOwn = async (signal: AbortSignal) => {
    const containers = await launcher.list(limits.installId, signal);
    own.clear();
    for (const { containerId } of containers) own.add(containerId);
    return containers;
  };
  const isOwn = async (containerId: string, signal: AbortSignal) => {
    if (!own.has(containerId)) await listOwn(signal);
    return own.has(containerId);
  };
  const checked = async (containerId: string, signal: AbortSignal) => {
    if (!await isOwn(containerId, signal)) throw new VitrineError('gone', `there is no container ${containerId.slice(0, 12)} of the installation ${limits.installId}`);
  };
  return {
    version: (signal) => launcher.version(signal),
    async image(name, signal) {
      checkImage(name, limits);
      return launcher.image(name, signal);
    },
    desktopImage: (signal) => launcher.desktopImage(signal),
    buildImage: (signal) => launcher.buildImage(signal),
    cancelBuild: (signal) => launcher.cancelBuild(signal),
    async create(spec, signal) {
      checkSpec(spec, limits);
      const made = await launcher.create(spec, signal);
      own.add(made.containerId);
      return made;
    },
    async start(containerId, signal) {
      await checked(containerId, signal);
      await launcher.start(containerId, signal);
    },
    async startPart(containerId, part, signal) {
      await checked(containerId, signal);
      await launcher.startPart(containerId, part, signal);
    },
    async openStream(containerId, endpoint, signal) {
      await checked(containerId, signal);
      return launcher.openStream(containerId, endpoint, signal);
    },
    async openRawStream(containerId, endpoint, signal) {
      await checked(containerId, signal);
      return launcher.openRawStream(containerId, endpoint, signal);
    },
    async logTail(containerId, maxBytes, signal) {
      await checked(containerId, signal);
      return launcher.logTail(containerId, maxBytes, signal);
    },
    async inspect(containerId, signal) {
      await checked(containerId, signal);
      return launcher.inspect(containerId, signal);
    },
    async list(installId, signal) {
      checkInstallation(installId, limits);
      return listOwn(signal);
    },
    async remove(containerId, signal) {
      if (await isOwn(containerId, signal)) await launcher.remove(containerId, signal);
    },
  };
}

function checkInstallation(installId: string, limits: LauncherLimits): void {
  if (installId !== limits.installId) throw new VitrineError('forbidden', `this launcher serves the installation ${limits.installId}, not ${JSON.stringify(installId)}: give controller and launcher the same VITRINE_INSTALL_ID`);
}

function checkImage(name: string, { images }: LauncherLimits): void {
  if (!images.includes(name)) throw new VitrineError('forbidden', `the launcher may not use the image ${JSON.stringify(name)}, only ${images.join(', ')}: VITRINE_DESKTOP_IMAGE of the launcher says which`);
}

function checkSpec(spec: ContainerSpec, limits: LauncherLimits): void {
  checkInstallation(spec.installId, limits);
  checkImage(spec.image, limits);
  if (!limits.profiles.includes(spec.seccomp)) throw new VitrineError('forbidden', `the launcher may not use the seccomp profile ${spec.seccomp}, only ${limits.profiles.join(', ')}: VITRINE_SECCOMP of the launcher says which`);
  const lifetimeSeconds = spec.hardDeadline - Math.floor(Date.now() / 1000);
  const beyond = ([
    ['bytes of memory', spec.memoryBytes, limits.memoryBytes, 'VITRINE_DESKTOP_MEMORY_MB'],
    ['cores', spec.cpus, limits.cpus, 'VITRINE_DESKTOP_CPUS'],
    ['processes', spec.pids, limits.pids, 'VITRINE_DESKTOP_PIDS'],
    ['seconds without a controller', spec.deadManSeconds, limits.deadManSeconds, 'VITRINE_DEAD_MAN_SECONDS'],
    ['seconds to its hard deadline', lifetimeSeconds, limits.lifetimeSeconds + clockSkewSeconds, 'VITRINE_HARD_LIFETIME_SECONDS'],
  ] as const).find(([, asked, limit]) => asked > limit);
  if (beyond === undefined) return;
  const [what, asked, limit, name] = beyond;
  throw new VitrineError('forbidden', `desktop ${spec.desktopId} asks for ${asked} ${what}; the launcher's limit is ${limit} (${name} of the launcher)`);
}
