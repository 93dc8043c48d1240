import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultsPage, matrixFiles, renderPage } from './faults-page.ts';
import type { RowResult } from './matrix.ts';

/* `npm run docs:faults`: runs the fault matrix and makes docs/faults.md of what it saw. */
const folder = mkdtempSync(join(tmpdir(), 'vitrine-faults-'));
try {
  const file = join(folder, 'rows.jsonl');
  const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...matrixFiles()], { stdio: 'inherit', env: { ...process.env, VITRINE_FAULT_ROWS: file } });
  const results = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as RowResult);
  writeFileSync(faultsPage, renderPage(new Map(results.map((result) => [result.name, result])), new Date().toISOString().slice(0, 10)));
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
