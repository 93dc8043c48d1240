import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRootOnDebian, osRelease } from './apt.ts';
import { hasPlugin } from './docker.ts';
import { debianLines, hostAptSources } from './host-apt-sources.ts';
import { runProgram } from './program.ts';

const aptMs = 5 * 60_000;

/**
 * Installs the compose and buildx plugins from the distribution's own packages, and on Debian 12, which has none, from
 * the next release's (they rest on nothing but libc). Never rejects: resolves with whether compose is there.
 */
export async function installPlugins(tell: (doing: string) => void): Promise<boolean> {
  if (!isRootOnDebian()) return false;
  tell('installing compose and buildx');
  const { id, codename } = osRelease();
  if (id === 'ubuntu') await aptInstall(['docker-compose-v2', 'docker-buildx']);
  else if (codename === 'bookworm') await installFromTrixie();
  else await aptInstall(['docker-compose', 'docker-buildx']);
  return hasPlugin('compose');
}

async function aptInstall(names: readonly string[]): Promise<void> {
  await apt(['update', '-q']);
  await apt(['install', '-y', '-q', '--no-install-recommends', ...names]);
}

/** Fetches the packages through apt with a source list of its own, so that the host's stays as it is. */
async function installFromTrixie(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-plugins-'));
  try {
    const list = join(folder, 'trixie.list');
    writeFileSync(list, `${debianLines(hostAptSources(), 'trixie')[0] ?? ''}\n`);
    mkdirSync(join(folder, 'lists/partial'), { recursive: true });
    const own = [`Dir::Etc::sourcelist=${list}`, 'Dir::Etc::sourceparts=-', `Dir::State::lists=${folder}/lists`];
    const options = own.flatMap((setting) => ['-o', setting]);
    await apt([...options, 'update', '-q']);
    await apt([...options, '-o', 'APT::Sandbox::User=root', 'download', 'docker-compose', 'docker-buildx'], folder);
    const packages = readdirSync(folder).filter((name) => name.endsWith('.deb'));
    if (packages.length) await runProgram('dpkg', ['-i', ...packages], { timeoutMs: aptMs, cwd: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function apt(args: readonly string[], cwd = '/'): Promise<void> {
  await runProgram('apt-get', args, { timeoutMs: aptMs, cwd, env: { DEBIAN_FRONTEND: 'noninteractive' } });
}
