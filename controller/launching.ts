import { rm, mkdir, readdir } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config.ts';
import type { Config, Environment } from './config.ts';
import { VitrineError } from './errors.ts';
import type { EngineEndpoint } from './launcher/engine-address.ts';
import { readEngineEndpoint } from './launcher/engine-files.ts';
import { engineWarnings } from './launcher/engine-warnings.ts';
import { LauncherProcess } from './launcher/launcher-process.ts';
import { buildEnvironment, desktopRecipe } from './launcher/image-recipe.ts';
import type { Launcher } from './launcher/launcher.ts';
import { remoteLauncher } from './launcher/remote-launcher.ts';
import type { Logger } from './log.ts';

/** The launcher that a configuration asks for. `ready` resolves when it answers, or after a while without an answer. */
export type Launching = AsyncDisposable & { readonly launcher: Launcher; readonly ready: Promise<void> };

/**
 * What of the surroundings a launcher's process needs: the Node to run it with, where that keeps what it compiled, where programs and the
 * home folder are, and what a build of the image goes by (proxies, npm's registry, certificates).
 */
export type Surroundings = { readonly node: string; readonly compileCache: string | undefined; readonly path: string; readonly home: string; readonly building: Environment };

const readyMs = 20_000;
/** A unix socket's path has at most 107 bytes. */
const longestSocketPath = 100;

/** Makes, starts or finds the launcher. Throws ConfigError when the engine's address or its certificates cannot be used. */
export async function startLaunching(config: Config, installId: string, surroundings: Surroundings, log: Logger): Promise<Launching> {
  if (config.launcher.kind === 'socket') return { launcher: remoteLauncher(config.launcher.path), ready: Promise.resolve(), async [Symbol.asyncDispose]() {} };
  const endpoint = await engineOf(config);
  if (config.launcher.kind === 'inside') return { launcher: await launcherInside(endpoint, config, surroundings.building), ready: Promise.resolve(), async [Symbol.asyncDispose]() {} };
  const path = await socketPath(config.dataFolder);
  const environment = { PATH: surroundings.path, HOME: surroundings.home, ...(surroundings.compileCache === undefined ? {} : { NODE_COMPILE_CACHE: surroundings.compileCache }), ...buildEnvironment(surroundings.building), ...environmentOf(config, installId), VITRINE_LAUNCHER: `unix://${path}` };
  const child = new LauncherProcess({ node: surroundings.node, environment, onEnd: (how) => log.warn(`the launcher ${how}; it is started again`) });
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), readyMs);
  const waited = new Promise<void>((resolve) => late.signal.addEventListener('abort', () => resolve(), { once: true }));
  return {
    launcher: remoteLauncher(path),
    ready: Promise.race([child.ready, waited]).finally(() => clearTimeout(timer)),
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await rm(path, { force: true });
    },
  };
}

/** Says in the log what the person who runs Vitrine should know of the engine, and nothing where it cannot be asked. */
export async function warnOfEngine(launcher: Launcher, runtime: string | undefined, log: Logger, signal: AbortSignal): Promise<void> {
  const version = await launcher.version(signal).catch(() => undefined);
  if (version !== undefined) for (const warning of engineWarnings(version, runtime)) log.warn(warning);
}

async function engineOf({ engine }: Config): Promise<EngineEndpoint> {
  try {
    return await readEngineEndpoint(engine);
  } catch (cause) {
    throw new ConfigError(VitrineError.from(cause).message, { cause });
  }
}

/** Loaded only here: the engine's client is a fifth of what a controller loads, and one with a launcher's process needs none. */
async function launcherInside(endpoint: EngineEndpoint, { engine: { runtime }, desktop }: Config, building: Environment): Promise<Launcher> {
  const { dockerLauncher } = await import('./launcher/docker-launcher.ts');
  return dockerLauncher({ endpoint, runtime, recipe: desktopRecipe(desktop.image, building) });
}

/** A new path in the data folder, which is this controller's alone; in the folder for temporary files where that is too deep. */
async function socketPath(dataFolder: string): Promise<string> {
  const name = `${randomBytes(6).toString('hex')}.sock`;
  const folder = join(dataFolder, 'launcher');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const left of await readdir(folder)) await rm(join(folder, left), { force: true });
  const path = join(folder, name);
  return Buffer.byteLength(path) <= longestSocketPath ? path : join(tmpdir(), `vitrine-launcher-${name}`);
}

/** The launcher's own configuration: no key, no token. */
function environmentOf({ desktop, engine, logLevel }: Config, installId: string): Record<string, string> {
  const given = {
    VITRINE_INSTALL_ID: installId, VITRINE_LOG_LEVEL: logLevel,
    VITRINE_DESKTOP_IMAGE: desktop.image, VITRINE_SECCOMP: desktop.seccomp, VITRINE_DESKTOP_MEMORY_MB: desktop.memoryMb, VITRINE_DESKTOP_CPUS: desktop.cpus, VITRINE_DESKTOP_PIDS: desktop.pids,
    VITRINE_DEAD_MAN_SECONDS: desktop.deadManSeconds, VITRINE_HARD_LIFETIME_SECONDS: desktop.hardLifetimeSeconds,
    DOCKER_HOST: engine.url, DOCKER_CERT_PATH: engine.certFolder, SSH_AUTH_SOCK: engine.sshAgent, VITRINE_RUNTIME: engine.runtime,
  };
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}
