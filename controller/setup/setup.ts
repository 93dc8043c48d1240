import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { baseImagesStage } from './base-images.ts';
import { browserStage } from './browser.ts';
import { consoleStage } from './console.ts';
import { composeStage, engineStage } from './engine.ts';
import { controllerImageStage, desktopImageStage } from './product-images.ts';
import { checkStages, makeStages } from './stage.ts';
import type { Stage } from './stage.ts';

const root = join(import.meta.dirname, '../..');
const followers: Record<string, string> = { demo: 'controller/cli/demo.ts', test: 'test/runner/run.ts' };

process.exitCode = await main(process.argv.slice(2));

/** Set-up after bootstrap.mjs has seen to the dependencies, and what comes after it: nothing, `demo` or `test`. Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const print = (line: string): void => console.log(line);
  const [first = '', ...others] = args;
  const follower = followers[first];
  const stages = [...allStages(), ...(first === 'test' ? [browserStage] : [])];
  if (args.includes('--check') && !follower) return (await checkStages(stages, print)) ? 0 : 1;
  const unknown = follower ? undefined : args[0];
  if (unknown !== undefined) {
    console.error(`setup: unknown argument ${unknown}: give none, or --check.`);
    return 2;
  }
  if (!(await makeStages(stages, print))) return 1;
  return follower ? await runFollower(follower, others) : 0;
}

function allStages(): Stage[] {
  return [consoleStage(root), engineStage, composeStage(root), baseImagesStage(root), desktopImageStage(root), controllerImageStage(root)];
}

function runFollower(script: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
