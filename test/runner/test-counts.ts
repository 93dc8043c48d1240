import { readFileSync } from 'node:fs';

/** What became of the tests of one stage. */
export type TestCounts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Name and reason of each skipped test. */
  readonly skips: readonly string[];
  /** Name of each failed test. */
  readonly failures: readonly string[];
};

export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };

/** The sum of two counts. */
export function addCounts(a: TestCounts, b: TestCounts): TestCounts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    skips: [...a.skips, ...b.skips],
    failures: [...a.failures, ...b.failures],
  };
}

/** Reads what the count reporter wrote; null when it did not come to writing, because the process was ended or crashed. */
export function readCounts(file: string): TestCounts | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isTestCounts(value) ? value : null;
  } catch {
    return null; // no file, or half of one: the process did not finish
  }
}

function isTestCounts(value: unknown): value is TestCounts {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return (
    ['passed', 'failed', 'skipped'].every((name) => Number.isInteger(fields.get(name))) &&
    ['skips', 'failures'].every((name) => Array.isArray(fields.get(name)))
  );
}
