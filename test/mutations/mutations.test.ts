import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { controlsPage } from './controls-page.ts';
import { mutations } from './controls.ts';

const root = resolve(import.meta.dirname, '../..');
/** What tests of single controls read. */
const copied = ['package.json', 'tsconfig.json', 'controller', 'sandbox-image', 'test', 'docs', 'README.md'];
const testMs = 60_000;

/** As many copies of the repository as there are tests at a time. */
const copies = 2;

/** Runs one test file in a copy of the repository, to its first failure. Resolves with whether it passed. */
async function passes(folder: string, test: string): Promise<boolean> {
  const { NODE_TEST_CONTEXT: _ofThisRunner, ...environment } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-isolation=none', '--test-reporter=tap', '--test-timeout=15000', test], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'ignore'], timeout: testMs, killSignal: 'SIGKILL' });
  let hasFailed = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!/^\s*not ok /.test(line)) return;
    hasFailed = true;
    child.kill('SIGKILL');
  });
  const [code] = await once(child, 'exit');
  return code === 0 && !hasFailed;
}

describe('controls that are switched off, one at a time', { concurrency: copies }, () => {
  let base: string;
  /** Copies that no test uses. Each test takes one, so that it changes what nobody else reads. */
  const free: string[] = [];
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'vitrine-mutations-'));
    const filter = (source: string) => !source.endsWith('/node_modules');
    for (let count = 0; count < copies; count += 1) {
      const folder = join(base, String(count));
      for (const name of copied) await cp(join(root, name), join(folder, name), { recursive: true, filter });
      await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
      for (const workspace of ['controller', 'sandbox-image']) await symlink(join(root, workspace, 'node_modules'), join(folder, workspace, 'node_modules')).catch(() => {});
      free.push(folder);
    }
  });
  after(() => rm(base, { recursive: true, force: true }));

  async function inCopy(work: (folder: string) => Promise<void>): Promise<void> {
    const folder = free.pop();
    assert.ok(folder !== undefined, 'there is a copy for each test that runs');
    try {
      await work(folder);
    } finally {
      free.push(folder);
    }
  }

  // In `npm test` the stages before this one have shown it.
  const isFull = process.env['VITRINE_TEST_FULL'] === '1';
  for (const test of isFull ? new Set(mutations.map((mutation) => mutation.test)) : []) {
    it(`${test} passes as things are`, () => inCopy(async (folder) => assert.ok(await passes(folder, test))));
  }

  for (const { control, file, find, replace, test } of mutations) {
    it(`${control}: without it ${test} fails`, () => inCopy(async (folder) => {
      const path = join(folder, file);
      const text = await readFile(path, 'utf8');
      assert.equal(text.split(find).length, 2, `${file} has to hold exactly one ${JSON.stringify(find)}: say anew how the control is switched off`);
      await writeFile(path, text.replace(find, () => replace));
      try {
        assert.ok(!(await passes(folder, test)), 'no test notices');
      } finally {
        await writeFile(path, text);
      }
    }));
  }

  it('stand in docs/controls.md', async () => {
    assert.equal(await readFile(join(root, 'docs/controls.md'), 'utf8'), controlsPage(), 'npm run docs:controls writes it anew');
  });

  it('are many', () => {
    assert.ok(mutations.length >= 20);
    console.log(`mutations: ${mutations.length} controls switched off, each noticed by a test`);
  });
});
