import type { ModelDialect } from '../../controller/models/model-entry.ts';
import type { Row, Seen } from './rows.ts';

const heading = /^## `([\w-]+)`$/;

/** The page with every row of every dialect. */
export function renderPage(all: readonly Seen[]): string {
  const days = all.map(({ seenAt }) => seenAt.slice(0, 10)).toSorted();
  const [first = '', last = ''] = [days[0], days.at(-1)];
  const count = all.reduce((sum, { rows }) => sum + rows.length, 0);
  return [
    '# Dialects',
    '',
    `Every action of every dialect, as tests saw it on real desktops (${first === last ? first : `${first} to ${last}`}, ${count} rows): a server of the vendor's shape said it through the vendor's`,
    'own client, the X server told a client of its own what arrived, and the next request held what the model was told.',
    '',
    'Generated; not to be edited:',
    '',
    '```sh',
    "npx node --test test/e2e/anthropic.test.ts test/e2e/dialects.test.ts && npm run docs:dialects",
    '```',
    '',
    ...all.flatMap(({ dialect, rows }) => [`## \`${dialect}\``, '', '| action | the model says | the desktop performs | the model is told |', '|---|---|---|---|', ...rows.map(renderRow), '']),
  ].join('\n');
}

/** One row as a line of the page. */
export function renderRow({ action, said, performed, result }: Row): string {
  return `| ${cell(action)} | ${code(said)} | ${cell(performed)} | ${cell(result)} |`;
}

/** The lines of rows that a page holds, by dialect. */
export function rowLines(page: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of page.split('\n')) {
    const dialect = heading.exec(line)?.[1];
    if (dialect !== undefined) found.set(dialect, lines = []);
    else if (line.startsWith('| ') && !line.startsWith('| action ')) lines.push(line);
  }
  return found;
}

/** The word of the vocabulary that a line is about. */
export function actionOf(line: string): string {
  return (line.split(' | ')[0] ?? '').slice(2);
}

/** The committed lines of a dialect. */
export function linesOf(page: string, dialect: ModelDialect): readonly string[] {
  return rowLines(page).get(dialect) ?? [];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function code(text: string): string {
  return `\`${cell(text).replaceAll('`', "'")}\``;
}
