import { globSync } from 'node:fs';

/** One step of `npm test`, with the time it may take at most. */
export type TestStage =
  | { readonly name: string; readonly limitMs: number; readonly command: readonly string[] }
  | {
      readonly name: string;
      readonly limitMs: number;
      readonly folders: readonly string[];
      /** So many files are run at a time. */
      readonly concurrency: number;
      /** Files that take long, without `.test.ts`, in the order in which they begin; all others begin after them, by name. */
      readonly first?: readonly string[];
      /** The limit of `npm test -- --full`, where it differs. */
      readonly fullLimitMs?: number;
    };

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The folders under test/ whose tests use a container engine or an X server; every other test is a unit test. */
const engineSuites: readonly TestStage[] = [
  { name: 'shim', limitMs: 4 * minute, folders: ['shim'], concurrency: 1 },
  { name: 'hands', limitMs: 2 * minute, folders: ['hands'], concurrency: 2 },
  { name: 'launcher', limitMs: 2 * minute, folders: ['launcher'], concurrency: 2 },
  {
    name: 'desktops',
    limitMs: 5 * minute,
    folders: ['desktops', 'image'],
    concurrency: 3, // Most of them wait for something most of the time.
    first: ['desktops/idle-browser', 'image/warden'],
  },
  { name: 'security', limitMs: 5 * minute, folders: ['security'], concurrency: 2 },
  { name: 'rehearsal', limitMs: 2 * minute, folders: ['rehearsal'], concurrency: 2 },
  { name: 'runs', limitMs: 4 * minute, folders: ['runs'], concurrency: 3 },
  { name: 'api', limitMs: 3 * minute, folders: ['api', 'access', 'cli'], concurrency: 2 },
  { name: 'view', limitMs: 4 * minute, folders: ['view'], concurrency: 1 },
  { name: 'timings', limitMs: 6 * minute, folders: ['timings'], concurrency: 1 },
  { name: 'mutations', limitMs: 6 * minute, folders: ['mutations'], concurrency: 1 },
  { name: 'console', limitMs: 10 * minute, folders: ['console'], concurrency: 2 },
  // Not beside other browsers: a build makes network interfaces, and Chromium drops what it is fetching whenever one comes or goes.
  { name: 'build', limitMs: 3 * minute, folders: ['console/image'], concurrency: 1 },
  {
    name: 'e2e',
    limitMs: 13 * minute,
    folders: ['e2e'],
    concurrency: 3,
    first: ['e2e/start-over', 'e2e/rehearsals', 'e2e/restart', 'e2e/anthropic', 'e2e/demo', 'e2e/drain', 'e2e/backup', 'e2e/failures'],
  },
  {
    name: 'faults',
    limitMs: 15 * minute,
    fullLimitMs: 4 * hour,
    folders: ['faults'],
    concurrency: 2,
    first: [
      'faults/crash-points',
      'faults/crash-lives',
      'faults/random-kills',
      'faults/matrix-states',
      'faults/soak',
      'faults/matrix-model',
      'faults/matrix-controllers',
      'faults/matrix-upgrade',
    ],
  },
];

/** Everything that `npm test` does after set-up, in order; the quick ones first. */
export const stages: readonly TestStage[] = [
  { name: 'types', limitMs: 3 * minute, command: ['node', '--run', 'typecheck'] },
  { name: 'lint', limitMs: 3 * minute, command: ['oxlint', 'controller', 'sandbox-image', 'test', 'examples'] },
  { name: 'unit', limitMs: 5 * minute, folders: unitFolders(), concurrency: 2 },
  ...engineSuites,
];

/** The longest that all stages together may take, on a machine that does much else; a quiet one with two cores needs about 25. `--full` has no such limit. */
export const wholeLimitMs = 40 * minute;

/** How long a stage may take when the whole has been at work for `spentMs`. */
export function limitOf(stage: TestStage, isFull: boolean, spentMs: number): number {
  if (isFull) return ('fullLimitMs' in stage ? stage.fullLimitMs : undefined) ?? stage.limitMs;
  return Math.max(1, Math.min(stage.limitMs, wholeLimitMs - spentMs));
}

/**
 * The test files of a stage, relative to the repository, in the order in which they begin; empty for a stage that is a
 * command. What takes longest begins first, so that the stage does not end with one long file on an idle machine.
 */
export function stageFiles(stage: TestStage): string[] {
  if ('command' in stage) return [];
  const first = (stage.first ?? []).map((name) => `test/${name}.test.ts`);
  const others = engineSuites.flatMap((suite) => ('folders' in suite && suite !== stage ? suite.folders : []));
  const all = stage.folders.flatMap((folder) => {
    const claimed = others.filter((other) => other.startsWith(`${folder}/`)).map((other) => `test/${other}/**`);
    return globSync(folder === '.' ? 'test/*.test.ts' : `test/${folder}/**/*.test.ts`, { exclude: claimed });
  });
  return [...first, ...all.filter((file) => !first.includes(file)).toSorted()];
}

/** All folders with tests that no engine suite claims, and the tests that lie in test/ itself. */
function unitFolders(): string[] {
  const claimed = new Set(engineSuites.flatMap((suite) => ('folders' in suite ? suite.folders : [])));
  const all = globSync('test/*/**/*.test.ts').map((file) => file.split('/')[1] ?? '');
  return ['.', ...[...new Set(all)].filter((folder) => !claimed.has(folder)).toSorted()];
}
