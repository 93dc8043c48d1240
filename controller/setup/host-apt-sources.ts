import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One source of packages: where, and which suites of it are used. */
export type AptSource = { readonly uri: string; readonly suites: readonly string[] };

const debianSuite = /^(bullseye|bookworm|trixie|forky|sid|stable|testing|unstable)(-updates|-security|\/updates)?$/;

/** Reads one-line (`deb …`) and deb822 (`URIs:`) text into sources; other lines are skipped. */
export function parseAptSources(text: string): AptSource[] {
  const oneLine = [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/gm)].map((match) => ({
    uri: match[1] ?? '',
    suites: [match[2] ?? ''],
  }));
  const stanzas = text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string): string[] =>
      new RegExp(`^${name}:[ \\t]*(.+)$`, 'im').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    if (/^Enabled:\s*no/im.test(stanza)) return [];
    return field('URIs').map((uri) => ({ uri, suites: field('Suites') }));
  });
  return [...oneLine, ...stanzas];
}

/**
 * The `deb` lines for a Debian suite, made from the mirrors that this host itself uses; empty when the host names no
 * Debian mirror (then the tools' own defaults serve).
 */
export function debianLines(sources: readonly AptSource[], suite: string): string[] {
  const debian = sources.filter((source) => source.suites.some((name) => debianSuite.test(name)));
  const isSecurity = (source: AptSource): boolean => source.suites.some((name) => /-security$|\/updates$/.test(name));
  const archive = debian.find((source) => !isSecurity(source));
  const security = debian.find(isSecurity);
  if (!archive) return [];
  return [
    `deb ${archive.uri} ${suite} main`,
    `deb ${archive.uri} ${suite}-updates main`,
    ...(security ? [`deb ${security.uri} ${suite}-security main`] : []),
  ];
}

/** All sources in /etc/apt of this host. */
export function hostAptSources(root = '/etc/apt'): AptSource[] {
  const folder = join(root, 'sources.list.d');
  const files = [
    join(root, 'sources.list'),
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  return files
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .flatMap((file) => parseAptSources(readFileSync(file, 'utf8')));
}
