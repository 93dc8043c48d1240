import { installPlugins } from './command-plugins.ts';
import { askDocker, hasPlugin } from './docker.ts';
import { installEngine, startEngine } from './engine-install.ts';
import type { Stage } from './stage.ts';

/** The engine: one that answers is used as it is (`DOCKER_HOST` and contexts included); else Debian's is installed and started. */
export const engineStage: Stage = {
  name: 'engine',
  check: async () => {
    const version = await engineVersion();
    return version ? { ready: true, detail: `Docker ${version}` } : { ready: false, detail: 'no engine answers' };
  },
  make: async (tell) => {
    if (!(await startEngine(tell))) {
      await installEngine(tell);
      await startEngine(tell);
    }
    return `Docker ${await engineVersion()}, started`;
  },
};

/** Compose and buildx: wanted for `docker compose up`, not needed for anything else, so their absence is told and does not fail. */
export const composeStage: Stage = {
  name: 'compose',
  check: async () =>
    (await hasPlugin('compose'))
      ? { ready: true, detail: (await hasPlugin('buildx')) ? 'compose, buildx' : 'compose, classic builder' }
      : { ready: false, detail: 'no compose plugin (only `docker compose up` needs it)' },
  make: installPlugins,
};

async function engineVersion(): Promise<string | null> {
  const result = await askDocker('info', '--format', '{{.ServerVersion}}');
  return result.code === 0 && result.stdout.trim() !== '' ? result.stdout.trim() : null;
}
