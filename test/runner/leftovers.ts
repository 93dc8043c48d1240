import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** The containers and volumes of an engine at one moment, by id or name. */
export type EngineContents = { readonly containers: readonly string[]; readonly volumes: readonly string[] };

/** Lists Vitrine's containers, stopped ones included, and all volumes; throws when the engine does not answer. */
export function engineContents(): EngineContents {
  const lines = (...args: string[]): string[] =>
    execFileSync('docker', args, { encoding: 'utf8', timeout: 30_000 })
      .split('\n')
      .filter((line) => line !== '');
  return {
    containers: lines('ps', '--all', '--filter', 'label=dev.vitrine.managed', '--format', '{{.ID}} {{.Names}}'),
    volumes: lines('volume', 'ls', '--format', '{{.Name}}'),
  };
}

/** What is there now and was not before, in words. */
export function leftInEngine(before: EngineContents, after: EngineContents): string[] {
  return [
    ...after.containers.filter((name) => !before.containers.includes(name)).map((name) => `container ${name}`),
    ...after.volumes.filter((name) => !before.volumes.includes(name)).map((name) => `volume ${name}`),
  ];
}

/**
 * The processes that carry `marker` (NAME=value) in the environment they were started with, this one excepted, as
 * `pid: command line`. Looks at /proc: empty where there is none.
 */
export function leftProcesses(marker: string): { readonly pid: number; readonly command: string }[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(marker)) return [];
        return [
          { pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() },
        ];
      } catch {
        return []; // it ended while we looked, or belongs to another user
      }
    });
}
