import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { leftInEngine, leftProcesses } from './leftovers.ts';
import { runStage } from './run-stage.ts';
import { stageFiles, stages, wholeLimitMs } from './stages.ts';
import { readCounts } from './test-counts.ts';

const calm = new AbortController().signal;
const command = (script: string) => ({ name: 'try', limitMs: 20_000, command: [process.execPath, '-e', script] });

describe('runStage', () => {
  it('counts a command as one test, passed or failed by its exit code', async () => {
    assert.equal((await runStage(command('0'), 20_000, {}, calm)).counts.passed, 1);
    const failed = await runStage(command('console.log("why"); process.exit(4)'), 20_000, {}, calm);
    assert.deepEqual([failed.counts.failed, failed.counts.failures], [1, ['try: exit code 4']]);
    assert.match(failed.output, /why/);
  });

  it(
    'ends the whole process group at the limit and counts that as a failure',
    { skip: process.platform !== 'linux' && 'looks at /proc' },
    async () => {
      const env = { VITRINE_TEST_GROUP: `group-${process.pid}` };
      const script = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(()=>{},1e3)'], { stdio: 'ignore' }); setInterval(() => {}, 1e3)`;
      const result = await runStage(command(script), 1_500, env, calm);
      assert.deepEqual([result.overran, result.counts.failed], [true, 1]);
      const deadlineMs = performance.now() + 5_000;
      while (leftProcesses(`VITRINE_TEST_GROUP=${env.VITRINE_TEST_GROUP}`).length > 0) {
        assert.ok(performance.now() < deadlineMs, 'a process of the group lives on');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  );
});

describe('the count reporter', () => {
  it('counts passed, failed and skipped tests by name, and no suites', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-counts-'));
    try {
      const file = join(folder, 'some.test.mjs');
      const text = `import { describe, it } from 'node:test'
        describe('d', () => { it('a', () => {}); it('b', () => { throw new Error('x') }); it.skip('c'); it('e', (t) => t.skip('no root')) })`;
      writeFileSync(file, text);
      const counts = join(folder, 'counts.json');
      const reporter = join(import.meta.dirname, 'count-reporter.ts');
      const { NODE_TEST_CONTEXT: _, ...env } = process.env; // or the inner run would report to the outer one
      spawnSync(
        process.execPath,
        ['--test', `--test-reporter=${reporter}`, `--test-reporter-destination=${counts}`, file],
        { timeout: 20_000, env },
      );
      const read = readCounts(counts);
      assert.deepEqual([read?.passed, read?.failed, read?.skipped], [1, 1, 2]);
      assert.deepEqual(read?.failures, ['some.test.mjs: b']);
      assert.match(read?.skips.join() ?? '', /e \(no root\)/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('leaves nothing to read when it did not finish', () => {
    assert.equal(readCounts(join(tmpdir(), 'vitrine-no-such-file')), null);
  });
});

describe('run-files.ts', () => {
  it('begins files in the order in which they are given, and says by its exit code whether all passed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-order-'));
    try {
      const names = ['c', 'a', 'b'];
      for (const name of names) {
        writeFileSync(
          join(folder, `${name}.test.mjs`),
          `import { it } from 'node:test'; import { appendFileSync } from 'node:fs';
           it('x', () => { appendFileSync(${JSON.stringify(join(folder, 'begun'))}, '${name}'); if ('${name}' === 'b') throw new Error('x'); })`,
        );
      }
      const counts = join(folder, 'counts.json');
      const { NODE_TEST_CONTEXT: _, ...env } = process.env; // or the inner run would report to the outer one
      const ran = (files: readonly string[]) =>
        spawnSync(
          process.execPath,
          [
            join(import.meta.dirname, 'run-files.ts'),
            '--concurrency=1',
            '--timeout=10000',
            `--counts=${counts}`,
            ...files.map((name) => join(folder, `${name}.test.mjs`)),
          ],
          { timeout: 20_000, env },
        ).status;
      assert.equal(ran(names), 1);
      assert.equal(readFileSync(join(folder, 'begun'), 'utf8'), 'cab');
      assert.deepEqual([readCounts(counts)?.passed, readCounts(counts)?.failures], [2, ['b.test.mjs: x']]);
      assert.equal(ran(['a']), 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('stages', () => {
  it('take every test file exactly once, and have limits within the whole', () => {
    const files = stages.flatMap(stageFiles);
    assert.equal(new Set(files).size, files.length);
    assert.deepEqual(
      files.filter((file) => !existsSync(file)),
      [],
    );
    assert.ok(files.includes('test/runner/run-stage.test.ts'));
    assert.ok(stages.every((stage) => stage.limitMs > 0 && stage.limitMs <= wholeLimitMs));
  });
});

describe('leftInEngine', () => {
  it('names what was not there before', () => {
    const before = { containers: ['a'], volumes: ['v'] };
    assert.deepEqual(leftInEngine(before, { containers: ['a', 'b'], volumes: ['w'] }), ['container b', 'volume w']);
  });
});
