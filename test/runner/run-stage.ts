import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stageFiles } from './stages.ts';
import type { TestStage } from './stages.ts';
import { noTests, readCounts } from './test-counts.ts';
import type { TestCounts } from './test-counts.ts';

/** What came of a stage: its counts, whether its time limit ended it, and the end of what it printed. */
export type StageResult = {
  readonly counts: TestCounts;
  readonly overran: boolean;
  readonly tookMs: number;
  readonly output: string;
};

const maxOutput = 200_000;
/** One test may take this share of its stage's limit: then there is time left to name it and to clean up. */
const ownShare = 0.8;

/**
 * Runs one stage in a process group of its own, which is ended as a whole when the limit is reached, when the
 * signal says so, and whenever the stage is over. A command counts as one test; a stage that ends without counts counts as one failure.
 */
export async function runStage(
  stage: TestStage,
  limitMs: number,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<StageResult> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-test-'));
  const countsFile = join(folder, 'counts.json');
  const startedAtMs = performance.now();
  try {
    const { code, overran, output } = await runGroup(commandOf(stage, limitMs, countsFile), limitMs, env, signal);
    const tookMs = performance.now() - startedAtMs;
    return { counts: countsOf(stage, code, overran, countsFile), overran, tookMs, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandOf(stage: TestStage, limitMs: number, countsFile: string): readonly string[] {
  if ('command' in stage) return stage.command;
  return [
    process.execPath,
    join(import.meta.dirname, 'run-files.ts'),
    `--concurrency=${stage.concurrency}`,
    `--timeout=${Math.round(limitMs * ownShare)}`,
    `--counts=${countsFile}`,
    ...stageFiles(stage),
  ];
}

function countsOf(stage: TestStage, code: number, overran: boolean, countsFile: string): TestCounts {
  const failedWhole = {
    ...noTests,
    failed: 1,
    failures: [overran ? `${stage.name}: over its time limit` : `${stage.name}: exit code ${code}`],
  };
  if ('command' in stage) return code === 0 && !overran ? { ...noTests, passed: 1 } : failedWhole;
  const counts = readCounts(countsFile);
  if (!counts || overran) return failedWhole;
  return code !== 0 && counts.failed === 0
    ? { ...failedWhole, passed: counts.passed, skipped: counts.skipped, skips: counts.skips }
    : counts;
}

type GroupEnd = { readonly code: number; readonly overran: boolean; readonly output: string };

function runGroup(
  command: readonly string[],
  limitMs: number,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<GroupEnd> {
  return new Promise((resolve) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let output = '';
    let overran = false;
    const endGroup = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // nobody of the group is left
      }
    };
    signal.addEventListener('abort', endGroup, { once: true });
    const limit = setTimeout(() => {
      overran = true;
      endGroup();
    }, limitMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-maxOutput);
      });
    }
    child.on('error', (error) => {
      clearTimeout(limit);
      resolve({ code: 127, overran, output: `${program}: ${error.message}` });
    });
    child.on('exit', endGroup);
    child.on('close', (code) => {
      clearTimeout(limit);
      signal.removeEventListener('abort', endGroup);
      resolve({ code: code ?? 1, overran, output });
    });
  });
}
