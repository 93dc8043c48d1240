import { mutations } from './controls.ts';

/** docs/controls.md. */
export function controlsPage(): string {
  const rows = mutations.map(({ control, file, test }) => `| ${control} | \`${file}\` | \`${test}\` |`);
  return `# Controls, and the tests that notice when they are gone

\`npm test -- mutations\` switches each of these off in a copy of the sources, one at a time, and runs the test beside it, which has to fail. Written by
\`npm run docs:controls\`.

| control | where | noticed by |
|---|---|---|
${rows.join('\n')}
`;
}
