import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installPlugins } from './command-plugins.ts';
import { askDocker, hasPlugin } from './docker.ts';
import { installEngine, startEngine } from './engine-install.ts';
import type { Stage } from './stage.ts';

const dayMs = 24 * 60 * 60_000;
const pluginsAbsent = 'not here; everything but `docker compose up` works without it';

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

/** Compose and buildx: only `docker compose up` needs them. Where they cannot be had that is tried again a day later. */
export function composeStage(root: string): Stage {
  const triedFile = join(root, '.vitrine/compose-not-to-be-had');
  return {
    name: 'compose',
    optional: true,
    check: async () =>
      (await hasPlugin('compose'))
        ? { ready: true, detail: (await hasPlugin('buildx')) ? 'compose, buildx' : 'compose, classic builder' }
        : { ready: false, detail: pluginsAbsent },
    make: async (tell) => {
      if (existsSync(triedFile) && Date.now() - statSync(triedFile).mtimeMs < dayMs) return pluginsAbsent;
      if (await installPlugins(tell)) return 'compose installed';
      mkdirSync(dirname(triedFile), { recursive: true });
      writeFileSync(triedFile, '');
      return pluginsAbsent;
    },
  };
}

async function engineVersion(): Promise<string | null> {
  const result = await askDocker('info', '--format', '{{.ServerVersion}}');
  return result.code === 0 && result.stdout.trim() !== '' ? result.stdout.trim() : null;
}
