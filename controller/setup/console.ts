import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash } from '../content-hash.ts';
import { outputTail, runProgram } from './program.ts';
import { SetupFailure } from './setup-failure.ts';
import type { Stage } from './stage.ts';

const sources = ['controller/console', 'controller/api/console-paths.ts', 'controller/api/plain-words.ts', 'package-lock.json'];
const buildMs = 5 * 60_000;

/** The console that the controller serves, bundled from its sources; built again exactly when they changed. */
export function consoleStage(root: string): Stage {
  const dist = join(root, 'controller/console/dist');
  const mark = join(dist, '.content');
  const wanted = (): string => contentHash(root, sources, []);
  return {
    name: 'console',
    check: async () => {
      if (!existsSync(join(dist, 'index.html'))) return { ready: false, detail: 'the console is not built' };
      const ready = existsSync(mark) && readFileSync(mark, 'utf8') === wanted();
      return { ready, detail: ready ? 'built' : 'the console is older than its sources' };
    },
    make: async (tell) => {
      tell('bundling the console');
      const content = wanted();
      const result = await runProgram(process.execPath, [join(root, 'controller/console/build.ts'), '--quiet'], { timeoutMs: buildMs, cwd: root });
      if (result.code !== 0) throw new SetupFailure('the console could not be built.', outputTail(result, 25));
      writeFileSync(mark, content);
      return 'built';
    },
  };
}
