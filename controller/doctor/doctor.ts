import { connect } from 'node:net';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Desktop } from '../desktops/desktop.ts';
import { VitrineError } from '../errors.ts';
import { engineWarnings } from '../launcher/engine-warnings.ts';
import type { EngineVersion, Launcher } from '../launcher/launcher.ts';
import type { Profile } from './probe.ts';
import { selfTest } from './self-test.ts';
import type { DesktopLimits, SelfTest } from './self-test.ts';

/** One thing that was looked at: whether it is as it should be, and what there is to say of it. */
export const Finding = z.strictObject({ name: z.string(), ok: z.boolean(), says: z.string() }).meta({ id: 'Finding' });
export type Finding = z.infer<typeof Finding>;

/** What an installation stands on. `profile` is that of its desktops; `ok` if nothing is to be warned of. */
export const Diagnosis = z.strictObject({ ok: z.boolean(), profile: z.enum(['browser', 'strict']), findings: z.array(Finding) }).meta({ id: 'Diagnosis' });
export type Diagnosis = z.infer<typeof Diagnosis>;

/** Looks at what an installation stands on, and attacks desktops of it from inside. */
export interface Doctor {
  look(signal: AbortSignal): Promise<Diagnosis>;
  /** Tries every way out of a desktop; what is seen is held to the profile, or to the installation's. Rejects as Desktop's calls do. */
  selfTest(desktop: Pick<Desktop, 'id' | 'runProgram'>, profile: Profile | undefined, signal: AbortSignal): Promise<SelfTest>;
}

export type DoctorOptions = {
  readonly launcher: Launcher;
  /** Who uses the engine. */
  readonly launching: 'process' | 'inside' | 'socket';
  /** The engine's address, if the configuration names one. */
  readonly engineUrl: string | undefined;
  readonly image: string;
  readonly runtime: string | undefined;
  readonly profile: Profile;
  readonly limits: DesktopLimits;
};

const defaultSocket = '/var/run/docker.sock';
const connectMs = 2000;

/** The doctor of an installation. */
export function createDoctor(options: DoctorOptions): Doctor {
  return {
    async look(signal) {
      const findings = [await separation(options), ...await engineFindings(options, signal), await userNamespaces(options)];
      return { ok: findings.every(({ ok }) => ok), profile: options.profile, findings };
    },
    selfTest: (desktop, profile, signal) => selfTest(desktop, profile ?? options.profile, options.limits, signal),
  };
}

/** Tried, not believed: whether this process can open the engine's socket. */
async function separation({ launching, engineUrl }: DoctorOptions): Promise<Finding> {
  const name = 'launcher';
  if (launching === 'inside') return { name, ok: false, says: 'not separated: the process that answers requests uses the engine itself (VITRINE_LAUNCHER=inside)' };
  const isSocket = engineUrl === undefined || engineUrl.startsWith('unix://');
  if (!isSocket && launching === 'process') return { name, ok: false, says: `not separated: a process of its own, but of the same user, who can reach the engine at ${engineUrl} too; docker compose up separates them` };
  const path = isSocket && engineUrl !== undefined ? engineUrl.slice('unix://'.length) : defaultSocket;
  if (await canOpen(path)) return { name, ok: false, says: `not separated: the process that answers requests holds no connection to the engine, but its user can open ${path}; docker compose up separates them` };
  return { name, ok: true, says: `separated: the process that answers requests cannot open ${path}` };
}

function canOpen(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(connectMs, () => end(false)).once('connect', () => end(true)).once('error', () => end(false));
  });
}

async function engineFindings({ launcher, image, runtime }: DoctorOptions, signal: AbortSignal): Promise<Finding[]> {
  try {
    const version = await launcher.version(signal);
    const there = await launcher.image(image, signal);
    return [
      engineFinding(version), ...isolationFindings(version),
      ...(runtime === undefined ? [] : [{ name: 'runtime', ok: version.runtimes.includes(runtime), says: version.runtimes.includes(runtime) ? runtime : `the engine has no runtime ${runtime}, only ${version.runtimes.join(', ')}` }]),
      { name: 'image', ok: there !== undefined, says: there === undefined ? `${image} is missing: run npm run setup or vitrine image build` : image },
    ];
  } catch (reason) {
    return [{ name: 'engine', ok: false, says: VitrineError.from(reason).message }];
  }
}

function engineFinding(version: EngineVersion): Finding {
  const warnings = engineWarnings({ ...version, isolation: { ...version.isolation, seccomp: true, memory: true, swap: true, pids: true, cpu: true } });
  const what = `Docker Engine ${version.engine} (API ${version.api}), runc ${version.runc ?? 'of unknown version'}, ${version.cpus} cores, cgroup v${version.isolation.cgroup}`;
  return { name: 'engine', ok: warnings.length === 0, says: [what, ...warnings].join('; ') };
}

function isolationFindings({ isolation }: EngineVersion): Finding[] {
  const limits = (['memory', 'swap', 'pids', 'cpu'] as const).filter((limit) => !isolation[limit]);
  return [
    { name: 'seccomp', ok: isolation.seccomp, says: isolation.seccomp ? 'the engine filters system calls' : 'this engine has no seccomp' },
    { name: 'limits', ok: limits.length === 0, says: limits.length === 0 ? 'the engine limits memory, swap, processes and processor' : `this engine cannot limit ${limits.join(', ')}` },
    { name: 'root', ok: true, says: isolation.rootless ? 'the engine runs without root' : isolation.userns ? 'root of a container is nobody on the host' : 'the engine runs as root; containers share its user ids (desktops use none below 10001)' },
  ];
}

/** Chromium's own sandbox is made of user namespaces. Told of the machine that this runs on; a self-test tells of the engine's. */
async function userNamespaces({ profile, engineUrl }: DoctorOptions): Promise<Finding> {
  const name = 'user namespaces';
  if (engineUrl !== undefined && !engineUrl.startsWith('unix://')) return { name, ok: true, says: 'the engine is elsewhere: a self-test says whether a desktop can have them' };
  const [most, isAllowed] = await Promise.all(['user/max_user_namespaces', 'kernel/unprivileged_userns_clone'].map((key) => readFile(`/proc/sys/${key}`, 'utf8').then((text) => text.trim(), () => undefined)));
  const can = most !== '0' && isAllowed !== '0';
  if (can) return { name, ok: true, says: 'available' };
  return { name, ok: profile === 'strict', says: 'not available: Chromium cannot have its own sandbox; set VITRINE_SECCOMP=strict' };
}
