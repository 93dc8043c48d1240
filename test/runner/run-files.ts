import { createWriteStream } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import countReporter from './count-reporter.ts';

/*
 * node test/runner/run-files.ts --concurrency 2 --timeout 60000 --counts counts.json a.test.ts b.test.ts
 *
 * Runs test files like `node --test`, which begins them in the order of their names: here they begin in the order in
 * which they are given. Tells of them on standard output, and writes the counts when all are over.
 */
const { values, positionals: files } = parseArgs({
  options: { concurrency: { type: 'string' }, timeout: { type: 'string' }, counts: { type: 'string' } },
  allowPositionals: true,
});

const tests = run({ files, concurrency: Number(values.concurrency), timeout: Number(values.timeout) });
tests.on('test:fail', () => {
  process.exitCode = 1;
});
tests.compose(spec).pipe(process.stdout);
tests.compose(countReporter).pipe(createWriteStream(values.counts ?? '/dev/null'));
