import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import type { DockerLauncherOptions } from '../../controller/launcher/docker-launcher.ts';
import type { Launcher, RawLauncher } from '../../controller/launcher/launcher.ts';
import { serveLauncher } from '../../controller/launcher/launcher-server.ts';
import { remoteLauncher } from '../../controller/launcher/remote-launcher.ts';
import type { RemoteLauncherOptions } from '../../controller/launcher/remote-launcher.ts';

/** A launcher with what keeps it going; gone when it goes out of scope. */
export type HeldLauncher = AsyncDisposable & { readonly launcher: Launcher };

/** Both ways to a launcher that uses the engine: in this process, and behind a unix socket. */
export const ways: Readonly<Record<string, (options: DockerLauncherOptions) => Promise<HeldLauncher>>> = {
  directly: async (options) => ({ launcher: dockerLauncher(options), async [Symbol.asyncDispose]() {} }),
  'through its socket': (options) => served(dockerLauncher(options)),
};

/** A launcher served on a socket of its own, and its client. */
export async function served(given: RawLauncher, options?: RemoteLauncherOptions): Promise<HeldLauncher & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-launcher-'));
  const path = join(folder, 'launcher.sock');
  const server = await serveLauncher(given, path, 0o600);
  return {
    path,
    launcher: remoteLauncher(path, options),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
