import { readFile } from 'node:fs/promises';
import { VitrineError } from '../errors.ts';
import type { ContainerSpec } from './launcher.ts';

const profiles = new URL('../../sandbox-image/seccomp/', import.meta.url);

/** The text of a seccomp profile, checked to be JSON. Throws `internal` if the installation lacks it: a desktop never starts without. */
export async function readSeccompProfile(name: ContainerSpec['seccomp']): Promise<string> {
  const file = new URL(`${name}.json`, profiles);
  try {
    return JSON.stringify(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new VitrineError('internal', `the seccomp profile ${name} cannot be read from ${file.pathname}: the installation is incomplete`, { cause });
  }
}
