import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemOfFiles, withFiles } from '../../../controller/console/pages/start/given-files.ts';
import { RunRequest } from '../../../controller/runs/run.ts';

const file = (name: string, bytes = 3) => new File(['x'.repeat(bytes)], name);
const given = (...paths: string[]) => paths.map((path) => ({ file: file('x'), path }));

describe('the files given with a task', () => {
  it('are one for each place, the last one chosen, under a name that is no path', () => {
    const files = withFiles(withFiles([], [file('a.txt'), file('b/c.txt')]), [file('a.txt', 5)]);
    assert.deepEqual(files.map(({ path, file: { size } }) => [path, size]), [['b_c.txt', 3], ['a.txt', 5]]);
    assert.equal(problemOfFiles(files), null);
  });

  it('are refused here where the server refuses them, with what to do', () => {
    for (const paths of [['a', 'a'], ['a/b', 'a'], ['../a'], ['/etc/passwd'], [''], ['folder/'], Array.from({ length: 33 }, (_, index) => `f${index}`)]) {
      assert.equal(typeof problemOfFiles(given(...paths)), 'string', paths.join());
      assert.equal(RunRequest.safeParse({ task: 'x', files: paths.map((path) => ({ upload: 'u', path })) }).success, false, paths.join());
    }
    assert.match(problemOfFiles([{ file: { name: 'big', size: 300 * 2 ** 20 } as File, path: 'big' }]) ?? '', /at most 256\.0 MiB together/);
    assert.equal(problemOfFiles(given('a', 'b/a', 'ab', 'Grüße 你好.txt')), null);
  });
});
