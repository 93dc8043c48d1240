import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A way into a desktop's container past every controller: what a desktop's own processes see and do there. */
export function inContainer(desktopId: string) {
  let containerId: string | undefined;
  return {
    /** Runs a bash text as one of the users. Resolves with its standard output; rejects if it fails. */
    async run(user: 'agent' | 'warden', text: string): Promise<string> {
      containerId ??= (await execute('docker', ['ps', '-q', '--filter', `label=dev.vitrine.desktop=${desktopId}`])).stdout.trim();
      const prelude = user === 'agent' ? '. /opt/vitrine/session/environment; cd; ' : '';
      return (await execute('docker', ['exec', '--user', user, containerId, 'bash', '-c', prelude + text], { timeout: 60_000, maxBuffer: 2 ** 26 })).stdout;
    },
  };
}
