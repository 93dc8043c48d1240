import type { TestEvent } from 'node:test/reporters';
import type { TestCounts } from './test-counts.ts';

/** A reporter for `node --test` that writes one JSON text: how many tests passed, failed and were skipped, and which. */
export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts: { -readonly [Key in keyof TestCounts]: TestCounts[Key] } = {
    passed: 0,
    failed: 0,
    skipped: 0,
    skips: [],
    failures: [],
  };
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { data } = event;
    if (data.details.type === 'suite') continue;
    const name = `${data.file?.split('/').at(-1) ?? ''}: ${data.name}`;
    if (data.skip !== undefined || data.todo !== undefined) {
      counts.skipped += 1;
      counts.skips = [...counts.skips, `${name} (${String(data.skip ?? data.todo)})`];
    } else if (event.type === 'test:pass') counts.passed += 1;
    else {
      counts.failed += 1;
      counts.failures = [...counts.failures, name];
    }
  }
  yield JSON.stringify(counts);
}
