import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { DesktopView } from '../../../controller/desktops/desktop.ts';
import { label } from '../../../controller/launcher/labels.ts';
import { places } from '../../../sandbox-image/wire/index.ts';
import type { ControllerProcess } from '../../support/controller-process.ts';
import { waitFor } from '../../support/wait-for.ts';
import { readWitness } from '../../support/witnessed.ts';

const run = promisify(execFile);

/** A desktop on which an application writes down every input event that it gets; it can be read without any controller. */
export type WitnessDesk = {
  readonly desktopId: string;
  /** Presses of buttons and keys since the desk was opened, in order: `press 20,31`, `key a`. */
  readonly pressed: () => Promise<string[]>;
  /** How often the ledger says that each action was begun. */
  readonly begun: () => Promise<Map<string, number>>;
  /** The lines of a file in the home folder; none if it is not there. */
  readonly lines: (path: string) => Promise<string[]>;
};

/** Opens a desktop of the controller's with the witness in front. */
export async function openWitnessDesk(controller: ControllerProcess): Promise<WitnessDesk> {
  const { id: desktopId } = await controller.post<DesktopView>('/api/desktops', {});
  const { stdout } = await run('docker', ['ps', '--quiet', '--filter', `label=${label.desktop}=${desktopId}`]);
  const container = stdout.trim();
  const inside = async (user: 'agent' | 'warden', path: string): Promise<string[]> => {
    const read = await run('docker', ['exec', '--user', user, container, 'sh', '-c', 'if [ -e "$1" ]; then cat "$1"; fi', 'sh', path], { maxBuffer: 2 ** 28 });
    return read.stdout.split('\n').filter((line) => line !== '');
  };
  const program = await readFile(new URL('../../support/witness.py', import.meta.url));
  const put = await fetch(`${controller.url}/api/desktops/${desktopId}/files/witness.py`, { method: 'PUT', body: program, headers: { ...controller.headers, 'content-type': 'application/octet-stream' } });
  assert.equal(put.status, 200);
  await controller.post(`/api/desktops/${desktopId}/programs`, { argv: ['bash', '-c', 'setsid python3 witness.py witness.log > witness.errors 2>&1 < /dev/null & until xdotool search --name Witness; do sleep 0.1; done'] });
  await waitFor('the witness’s window', async () => /Witness/.test((await controller.get<{ activeWindow: string | null }>(`/api/desktops/${desktopId}/state`)).activeWindow ?? ''), 60_000);
  return {
    desktopId,
    pressed: async () => readWitness((await inside('agent', `${places.home}/witness.log`)).join('\n'))
      .flatMap(({ event, x, y, key }) => (event === 'press' ? [`press ${x},${y}`] : event === 'keydown' ? [`key ${key}`] : [])),
    begun: async () => {
      const counts = new Map<string, number>();
      for (const line of await inside('warden', `${places.wardenFolder}/ledger.jsonl`)) {
        const { event, actionId } = JSON.parse(line) as { event: string; actionId: string };
        if (event === 'begun') counts.set(actionId, (counts.get(actionId) ?? 0) + 1);
      }
      return counts;
    },
    lines: (path) => inside('agent', `${places.home}/${path}`),
  };
}
