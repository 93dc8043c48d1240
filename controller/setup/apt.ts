import { existsSync, readFileSync } from 'node:fs';
import { outputTail, runProgram } from './program.ts';
import { SetupFailure } from './setup-failure.ts';

const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
const updateMs = 5 * 60_000;
const installMs = 15 * 60_000;

/** The fields of /etc/os-release that set-up asks for; empty where there is no such file. */
export function osRelease(): { readonly id: string; readonly like: string; readonly codename: string } {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { id: field('ID'), like: field('ID_LIKE'), codename: field('VERSION_CODENAME') };
}

/** Whether packages can be installed with apt: root, on Debian or something made from it. */
export function isRootOnDebian(): boolean {
  const { id, like } = osRelease();
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && [id, ...like.split(' ')].includes('debian');
}

/** Installs packages without questions; rejects with what to do when apt cannot. */
export async function installPackages(names: readonly string[], otherwise: string): Promise<void> {
  const update = await runProgram('apt-get', ['update', '-q'], { timeoutMs: updateMs, env: quiet });
  const args = ['install', '-y', '-q', '--no-install-recommends', ...names];
  const install = await runProgram('apt-get', args, { timeoutMs: installMs, env: quiet });
  if (install.code === 0) return;
  throw new SetupFailure(
    `apt-get could not install ${names.join(', ')}: ${otherwise}.`,
    outputTail(update.code === 0 ? install : update),
  );
}
