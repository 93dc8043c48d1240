import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { invariantWords } from './invariants.ts';
import type { RowResult } from './matrix.ts';
import { rows } from './rows.ts';
import type { RowName, RowSpec } from './rows.ts';

const root = resolve(import.meta.dirname, '../../..');

/** The page that lists every row. */
export const faultsPage = resolve(root, 'docs/faults.md');

/** The tests that bring the rows about, relative to the repository. */
export const matrixFiles = (): string[] => globSync('test/faults/matrix-*.test.ts', { cwd: root }).filter((file) => !file.endsWith('matrix-table.test.ts')).toSorted();

/** The names of the rows that a test file brings about. */
export function rowsIn(file: string): string[] {
  const text = readFileSync(resolve(root, file), 'utf8');
  return [...text.matchAll(/\b(?:row|passes|fails|killed|alone|survives|loses|jumps|answers)\('((?:[^'\\]|\\.)+)'/g)].map((match) => (match[1] ?? '').replaceAll('\\\'', '\''));
}

/** The names of rows that a page lists. */
export function rowsListed(page: string): string[] {
  return page.split('\n').flatMap((line) => /^\| F\d+ \| ([^|]+?) \|/.exec(line)?.[1] ?? []);
}

/** The page with what the rows came to. Throws when one has no result. */
export function renderPage(results: ReadonlyMap<string, RowResult>, when: string): string {
  const names = (Object.keys(rows) as RowName[]).toSorted((one, other) => numberOf(rows[one]) - numberOf(rows[other]));
  return `# The fault matrix

Every row is a test on a real controller process, and (where it says so) a real desktop, engine, disk or clock. The fault is brought
about while a run is under way; afterwards the invariants of the last column but one are asserted, most of them with a witness: a
window inside the desktop that writes down every input event it got, compared with the journal one to one. The number in front
names the kind of fault; rows of one kind share it. \`npm run test:faults\` runs the matrix (it is a part of
\`npm test\`); \`npm run docs:faults\` runs it and writes this page. Printed ${when}, on a shared 2-core machine: the times are those of
the whole row, waiting for deadlines included.

${names.length} rows.

| | fault | how it is injected | what was seen | asserted | ms |
|---|---|---|---|---|---|
${names.map((name) => line(name, results.get(name))).join('\n')}

## The invariants

| | |
|---|---|
${Object.entries(invariantWords).map(([name, text]) => `| ${name} | ${text} |`).join('\n')}
`;
}

function line(name: RowName, result: RowResult | undefined): string {
  if (result === undefined) throw new Error(`the row "${name}" has no result: did its test pass?`);
  const { of, how, shows } = rows[name];
  return `| ${of} | ${name} | ${how} | ${result.seen.replaceAll('|', '\\|')} | ${shows.join(' ')} | ${result.ms} |`;
}

function numberOf({ of }: RowSpec): number {
  return Number(of.slice(1));
}
