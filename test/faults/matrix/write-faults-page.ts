import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultsPage, matrixFiles, renderPage } from './faults-page.ts';
import type { RowResult } from './matrix.ts';

/* `npm run docs:faults`: runs the fault matrix and makes docs/faults.md of what it saw. `-- FILE`: of what VITRINE_FAULT_ROWS=FILE kept. */
const kept = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'vitrine-faults-'));
try {
  const file = kept ?? join(folder, 'rows.jsonl');
  const { status } = kept === undefined ? runMatrix(file) : { status: 0 };
  const results = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as RowResult);
  writeFileSync(faultsPage, renderPage(new Map(results.map((result) => [result.name, result])), new Date().toISOString().slice(0, 10)));
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runMatrix(file: string): { readonly status: number | null } {
  return spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...matrixFiles()], { stdio: 'inherit', env: { ...process.env, VITRINE_FAULT_ROWS: file } });
}
