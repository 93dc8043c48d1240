import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { TypedText } from '../sandbox-image/wire/index.ts';
import { ConfigError } from './config.ts';
import { Secret } from './secret.ts';
import type { SecretBook } from './secret-book.ts';

/** Shorter values could not be taken out of a log without taking out half of it. */
const minCharacters = 4;
const maxCharacters = 1000;
const maxFileBytes = 1024 * 1024;

/** How a secret may be called. */
export const SecretName = z.string().regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits and . _ -' });

const SecretsFile = z.strictObject({
  projects: z.record(SecretName, z.record(SecretName, z.union([z.string(), z.strictObject({ file: z.string().min(1) })], { error: 'must be a text, or {"file": path}' }))),
});

/** A book with every secret in it. */
export type ReadSecrets = SecretBook & { readonly all: readonly Secret[] };

/**
 * Reads the secrets of a deployment: `{"projects": {"default": {"name": "value", "other": {"file": "path"}}}}`, paths from
 * the file's own folder. Throws ConfigError naming the file and the place, never a value: for a file that others than its
 * owner may read or write, and for a value that could not be typed.
 */
export function readSecretsFile(path: string): ReadSecrets {
  const read = SecretsFile.safeParse(parse(readPrivately(path, `VITRINE_SECRETS_FILE names ${path}`), path));
  if (!read.success) throw new ConfigError(`${path}: ${read.error.issues.slice(0, 5).map(({ path: place, message }) => `${place.map(String).join('.') || 'the file'}: ${message}`).join('; ')}`);
  const projects = new Map(Object.entries(read.data.projects).map(([project, entries]) => [project, new Map(Object.entries(entries).map(([name, entry]) => {
    const where = `${path}: secret ${name} of project ${project}`;
    const value = typeof entry === 'string' ? entry : readPrivately(resolve(dirname(path), entry.file), `${where} names ${entry.file}`).replace(/\r?\n$/, '');
    return [name, new Secret(typeable(value, where))] as const;
  }))] as const));
  return {
    find: (project, name) => projects.get(project)?.get(name),
    names: (project) => [...(projects.get(project)?.keys() ?? [])],
    all: [...projects.values()].flatMap((secrets) => [...secrets.values()]),
  };
}

/** Looks at the mode of the very file that is read. */
function readPrivately(path: string, what: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    throw new ConfigError(`${what}, which cannot be read`);
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & 0o077) !== 0) throw new ConfigError(`${what}, which others may read or change (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod 600 it`);
    if (size > maxFileBytes) throw new ConfigError(`${what}, which has ${size} bytes; the limit is ${maxFileBytes}`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError(`${path} is no JSON`); // What JSON.parse says of it quotes the text.
  }
}

function typeable(value: string, where: string): string {
  const count = [...value].length;
  if (count < minCharacters || count > maxCharacters) throw new ConfigError(`${where} has ${count} characters: it must have ${minCharacters} to ${maxCharacters}`);
  if (/[\n\r\t]/.test(value) || !TypedText.safeParse(value).success) throw new ConfigError(`${where} holds a character that cannot be typed, or a line break or tab, which would press a key`);
  return value;
}
