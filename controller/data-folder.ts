import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from './secret.ts';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';

/** File of the data folder that holds the token. */
export const tokenFile = 'token';
const installIdFile = 'install-id';

/** What lasts from one start to the next. */
export type Installation = { readonly token: Secret; readonly installId: string };

/**
 * Makes the data folder (mode 0700) if needed, and in it the token and the installation's id (mode 0600) unless the
 * configuration gives them. Throws ConfigError when the folder cannot be used.
 */
export async function openDataFolder(config: Pick<Config, 'dataFolder' | 'token' | 'installId'>): Promise<Installation> {
  const { dataFolder } = config;
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    await chmod(dataFolder, 0o700);
    const token = config.token?.reveal() ?? await keptOrMade(join(dataFolder, tokenFile), () => `vt_${randomBytes(32).toString('base64url')}`);
    const installId = config.installId ?? await keptOrMade(join(dataFolder, installIdFile), () => randomBytes(6).toString('hex'));
    return { token: new Secret(token), installId };
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`VITRINE_DATA names ${dataFolder}, which cannot be used (${why}): give a folder that this user may write`, { cause });
  }
}

/** The file's content, or a new one that appears whole or not at all. */
async function keptOrMade(path: string, make: () => string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch((reason: NodeJS.ErrnoException) => {
    if (reason.code === 'ENOENT') return '';
    throw reason;
  });
  if (kept.trim() !== '') return kept.trim();
  const value = make();
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${value}\n`);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (reason) {
    await file.close().catch(() => undefined); // Closed already, or lost with the write.
    await rm(draft, { force: true });
    throw reason;
  }
  return value;
}
