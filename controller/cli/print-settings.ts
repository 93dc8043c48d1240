import { settings } from '../config.ts';

/** Prints the configuration variables as the table of the README. */
function printSettings(): void {
  const rows = settings.map((setting) => `| \`${setting.name}\` | ${setting.default} | ${setting.meaning} |`);
  process.stdout.write(['| variable | default | meaning |', '|---|---|---|', ...rows, ''].join('\n'));
}

printSettings();
