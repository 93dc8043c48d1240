import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import { users } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import { labelsOf } from './labels.ts';
import type { ContainerSpec } from './launcher.ts';
import { memoryLayout } from './memory-layout.ts';

/** What the launcher adds to a spec: facts of the engine and of the installation. */
export type TemplateHoles = {
  /** Content of the seccomp profile: the engine takes no path. */
  readonly seccompProfile: string;
  /** Cores of the engine: asking for more fails. */
  readonly engineCpus: number;
  readonly createdAt: Date;
  /** Runtime that the installation chose; the engine's if absent. */
  readonly runtime?: string | undefined;
};

const warden = `${users.warden}:${users.warden}`;
const folder = 'rw,noexec,nosuid,nodev';

/** Name of a desktop's container; a second one of that name is refused, so that a desktop is created at most once. */
export function containerName(spec: Pick<ContainerSpec, 'installId' | 'desktopId'>): string {
  const name = `vitrine-${spec.installId}-${spec.desktopId}`;
  if (/^[\w.-]{1,200}$/.test(name)) return name;
  throw new VitrineError('invalid_request', `${JSON.stringify(name.slice(0, 80))} cannot name a container: use letters, digits, "_", "." and "-"`);
}

/**
 * The one shape of container that Vitrine creates. Everything is constant but the fields of the spec and the holes;
 * no field of a request reaches it. Throws `invalid_request` if the memory cannot hold the desktop's folders.
 */
export function containerTemplate(spec: ContainerSpec, holes: TemplateHoles): ContainerCreateOptions {
  return {
    name: containerName(spec),
    Image: spec.image,
    Hostname: 'desktop',
    Domainname: '',
    User: warden,
    Env: [`VITRINE_DISPLAY=${spec.width}x${spec.height}`, `VITRINE_DEAD_MAN_SECONDS=${spec.deadManSeconds}`, `VITRINE_HARD_DEADLINE=${spec.hardDeadline}`, `VITRINE_SECCOMP=${spec.seccomp}`],
    Entrypoint: ['/opt/vitrine/warden/warden'],
    Cmd: [],
    WorkingDir: '/',
    OpenStdin: false,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    NetworkDisabled: true,
    StopSignal: 'SIGKILL',
    StopTimeout: 2,
    Healthcheck: { Test: ['NONE'] },
    ExposedPorts: {},
    Volumes: {},
    Labels: labelsOf(spec, holes.createdAt),
    HostConfig: hostConfig(spec, holes),
  };
}

/** `CgroupnsMode` is part of the engine's API from 1.41 and missing in the published types. */
function hostConfig(spec: ContainerSpec, holes: TemplateHoles): HostConfig & { CgroupnsMode: 'private' } {
  const size = memoryLayout(spec);
  const own = (user: number) => `uid=${user},gid=${user},mode=0700`;
  return {
    NetworkMode: 'none',
    Privileged: false,
    ReadonlyRootfs: true,
    CapAdd: [],
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true', `seccomp=${holes.seccompProfile}`],
    IpcMode: 'private',
    CgroupnsMode: 'private',
    PidMode: '',
    UTSMode: '',
    UsernsMode: '',
    GroupAdd: [],
    Binds: [],
    Mounts: [],
    VolumesFrom: [],
    Links: [],
    Devices: [],
    DeviceRequests: [],
    DeviceCgroupRules: [],
    PortBindings: {},
    PublishAllPorts: false,
    ExtraHosts: [],
    Dns: [],
    Sysctls: {},
    PidsLimit: spec.pids,
    Memory: spec.memoryBytes,
    MemorySwap: spec.memoryBytes,
    NanoCpus: Math.round(Math.min(spec.cpus, holes.engineCpus) * 1e9),
    CpuShares: 256,
    OomKillDisable: false,
    OomScoreAdj: 500,
    ShmSize: size.shm,
    Ulimits: [
      { Name: 'nofile', Soft: 4096, Hard: 4096 },
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'memlock', Soft: 65_536, Hard: 65_536 },
    ],
    Tmpfs: {
      '/tmp': `${folder},size=${size.tmp},mode=1777`,
      '/run/vitrine/warden': `${folder},size=${size.warden},${own(users.warden)}`,
      '/run/vitrine/agent': `${folder},size=${size.agent},${own(users.agent)}`,
      '/run/vitrine/forwarder': `${folder},size=${size.forwarder},${own(users.forwarder)}`,
      // Programs and native modules that the agent installs must run; `noexec` would only be a speed bump.
      '/home/agent': `rw,exec,nosuid,nodev,size=${size.home},${own(users.agent)}`,
    },
    Init: true,
    AutoRemove: false,
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    LogConfig: { Type: 'none', Config: {} },
    ...(holes.runtime === undefined ? {} : { Runtime: holes.runtime }),
  };
}
