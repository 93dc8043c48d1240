import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readFailpoints } from '../controller/failpoint.ts';
import type { Harm } from '../controller/failpoint.ts';

/** Notes what would have happened to the process. */
function noted(): { readonly harm: Harm; readonly happened: string[] } {
  const happened: string[] = [];
  return { harm: { kill: () => void happened.push('kill'), pause: () => void happened.push('pause') }, happened };
}

describe('readFailpoints', () => {
  it('lets a fault happen at the n-th hit of its name, and at no other', () => {
    const { harm, happened } = noted();
    const at = readFailpoints('a:2:kill, b:1:pause', harm);
    at('a');
    assert.deepEqual(happened, []);
    at('b');
    at('a');
    at('a');
    at('b');
    assert.deepEqual(happened, ['pause', 'kill']);
  });

  it('counts the hits of a chained step from when the step before it happened', () => {
    const { harm, happened } = noted();
    const at = readFailpoints('begin:1:pass > a:2:kill', harm);
    for (const name of ['a', 'a', 'a', 'begin', 'a']) at(name);
    assert.deepEqual(happened, []);
    at('a');
    assert.deepEqual(happened, ['kill']);
  });

  it('throws, stands still, and writes down what was hit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-failpoint-'));
    try {
      const file = join(folder, 'hits');
      const at = readFailpoints(`count(${file}),a:1:throw,b:1:delay(60)`, noted().harm);
      assert.throws(() => at('a'), /failpoint a/);
      const begunAt = performance.now();
      at('b');
      assert.ok(performance.now() - begunAt >= 59);
      at('c(d+e).before');
      assert.equal(await readFile(file, 'utf8'), 'a\nb\nc(d+e).before\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('names what it cannot read', () => {
    for (const plan of ['a', 'a:kill', 'a:1:explode', 'a:x:kill', 'a:1:delay', 'a:1:kill>']) assert.throws(() => readFailpoints(plan, noted().harm), /VITRINE_FAILPOINT: ".*" is not name:n:mode/, plan);
  });
});
