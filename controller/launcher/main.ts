import { ConfigError, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { dockerLauncher } from './docker-launcher.ts';
import { readEngineEndpoint } from './engine-files.ts';
import { serveLauncher } from './launcher-server.ts';
import { desktopRecipe } from './image-recipe.ts';
import { limitedLauncher } from './limited-launcher.ts';

/**
 * The launcher's process: the only one that uses the Docker engine. Serves one installation on a unix socket, within
 * the limits that its own environment states, until SIGTERM, or as a controller's child until its standard input ends.
 * The socket is its user's, and its group's where it is nobody's child.
 */
async function main(): Promise<void> {
  // It listens on no address: what the image or the surroundings say of one is the controller's.
  const config = readConfig({ ...process.env, VITRINE_LISTEN: '' });
  const isChild = process.argv.includes('--until-input-ends');
  const { desktop, installId, launcher } = config;
  if (launcher.kind !== 'socket') throw new ConfigError('VITRINE_LAUNCHER must say where the launcher listens, as unix:///path');
  if (installId === undefined) throw new ConfigError('VITRINE_INSTALL_ID is not set: the launcher serves one installation');
  const log = createLog(config.logLevel, []);
  const limited = limitedLauncher(dockerLauncher({ endpoint: await readEngineEndpoint(config.engine), runtime: config.engine.runtime, recipe: desktopRecipe(desktop.image, process.env) }), {
    installId, images: [desktop.image], profiles: desktop.seccomp === 'browser' ? ['browser', 'strict'] : ['strict'],
    memoryBytes: desktop.memoryMb * 2 ** 20, cpus: desktop.cpus, pids: desktop.pids, deadManSeconds: desktop.deadManSeconds, lifetimeSeconds: desktop.hardLifetimeSeconds,
  });
  const server = await serveLauncher(limited, launcher.path, isChild ? 0o600 : 0o660, (verb, err) => log.error({ verb, err }, 'the launcher failed'));
  const stop = () => void server[Symbol.asyncDispose]().then(() => process.exit(0), () => process.exit(1));
  // A child is needed until its parent has drained: Ctrl+C reaches both.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, isChild ? () => {} : stop);
  if (isChild) process.stdin.once('end', stop).once('close', stop).on('error', stop).resume();
  process.stdout.on('error', () => {}).write('ready\n');
  log.debug({ path: launcher.path, installId }, 'the launcher is there');
}

main().catch((error: unknown) => {
  process.stderr.write(`vitrine launcher: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
