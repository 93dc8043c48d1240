import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineContents, leftInEngine, leftProcesses } from './leftovers.ts';
import { runStage } from './run-stage.ts';
import type { StageResult } from './run-stage.ts';
import { limitOf, stageFiles, stages } from './stages.ts';
import type { TestStage } from './stages.ts';
import { addCounts, noTests } from './test-counts.ts';
import type { TestCounts } from './test-counts.ts';

const markerName = 'VITRINE_TEST_RUN';
const tailLines = 80;

process.exitCode = await main(process.argv.slice(2));

/** `npm test [-- --full] [stage …]`: all stages or the named ones, then what was left behind. Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => arg !== '--full');
  const unknown = names.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) {
    console.error(
      `test: no stage is called ${unknown}; there are ${stages.map((stage) => stage.name).join(', ')}, and --full.`,
    );
    return 2;
  }
  const marker = randomUUID();
  const compiled = mkdtempSync(join(tmpdir(), 'vitrine-compiled-'));
  const env = {
    [markerName]: marker,
    NODE_COMPILE_CACHE: compiled, // Hundreds of controllers are started, and each would compile the same sources.
    PATH: `${join(import.meta.dirname, '../../node_modules/.bin')}:${process.env.PATH ?? ''}`,
    FORCE_COLOR: '0',
    ...(args.includes('--full') ? { VITRINE_TEST_FULL: '1' } : {}),
  };
  process.on('exit', () => rmSync(compiled, { recursive: true, force: true }));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const before = engineContents();
  const firstSeenAfter = new Map<string, string>();
  let counts = noTests;
  for (const stage of stages.filter((one) => names.length === 0 || names.includes(one.name))) {
    if (stop.signal.aborted) break;
    counts = addCounts(counts, await tellStage(stage, env, stop.signal));
    for (const what of leftInEngine(before, engineContents())) if (!firstSeenAfter.has(what)) firstSeenAfter.set(what, stage.name);
  }
  const left = leftInEngine(before, engineContents()).map((what) => `${what} (there since ${firstSeenAfter.get(what) ?? 'just now'})`);
  counts = addCounts(counts, tellLeftovers([...left, ...endProcesses(marker)]));
  counts = addCounts(counts, tellSkips(counts));
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

async function tellStage(
  stage: TestStage,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<TestCounts> {
  if (!('command' in stage) && stageFiles(stage).length === 0) return noTests;
  const limitMs = limitOf(stage, env['VITRINE_TEST_FULL'] === '1', performance.now());
  const result = await runStage(stage, limitMs, env, signal);
  console.log(stageText(stage, result, limitMs));
  if (result.counts.failed > 0) {
    console.log(result.output.split('\n').slice(-tailLines).join('\n').replace(/^/gm, '    '));
    for (const name of result.counts.failures) console.log(`  ✗ ${name}`);
  }
  for (const skip of result.counts.skips) console.log(`  - skipped ${skip}`);
  return result.counts;
}

function stageText(stage: TestStage, { counts, tookMs, overran }: StageResult, limitMs: number): string {
  const time = `${(tookMs / 1000).toFixed(1)} s of at most ${Math.round(limitMs / 1000)} s`;
  const words = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
  return `${counts.failed ? '✗' : '✓'} ${stage.name.padEnd(14)} ${overran ? 'ended at its time limit' : words} (${time})`;
}

function tellLeftovers(left: readonly string[]): TestCounts {
  console.log(
    left.length
      ? `✗ ${'left behind'.padEnd(14)} ${left.join('; ')}`
      : `✓ ${'left behind'.padEnd(14)} no container, volume or process`,
  );
  return left.length ? { ...noTests, failed: 1 } : { ...noTests, passed: 1 };
}

/** Names the processes that outlived their stage, and ends them. */
function endProcesses(marker: string): string[] {
  return leftProcesses(`${markerName}=${marker}`).map(({ pid, command }) => {
    process.kill(pid, 'SIGKILL');
    return `process ${pid} ${command.slice(0, 120)}`;
  });
}

/** On the machine that decides, as root on Linux, everything can be tested: a skipped test is a failure there. */
function tellSkips(counts: TestCounts): TestCounts {
  const decides = process.env.CI === 'true' && process.platform === 'linux' && process.getuid?.() === 0;
  if (!decides || counts.skipped === 0) return noTests;
  console.log(`✗ ${'skipped'.padEnd(14)} ${counts.skipped} tests were skipped where none may be`);
  return { ...noTests, failed: 1 };
}
