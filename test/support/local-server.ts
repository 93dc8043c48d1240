import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server of the desktop run on this machine; ended on disposal. */
export type LocalServer = AsyncDisposable & { readonly pid: number; readonly log: readonly string[] };

/** Starts `main` and waits until it says that it listens. Rejects with its log if it ends before. */
export async function startLocalServer(main: string, env: NodeJS.ProcessEnv): Promise<LocalServer> {
  const child = spawn(process.execPath, [main], { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  const closed = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      if (/ listens? on /.test(line)) resolve();
    });
    child.once('close', () => reject(new Error(`${main} ended: ${log.join('\n')}`)));
  });
  return {
    pid: child.pid ?? 0,
    log,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
