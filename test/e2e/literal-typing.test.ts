import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProgramResult } from '../../controller/api/shapes.ts';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, startScriptedVendor } from '../support/scripted-vendor.ts';
import { waitFor } from '../support/wait-for.ts';

/** What a shell, xdotool, printf, a terminal or JSON would take for something else than text. */
const payloads = [
  '$(touch /tmp/owned)', '`touch /tmp/owned`', '; touch /tmp/owned', '| touch /tmp/owned', '&& touch /tmp/owned', '& touch /tmp/owned', '> /tmp/owned', '--', '-', '--help', '--file /etc/passwd', '-- key Return',
  "'; touch /tmp/owned; '", '"; touch /tmp/owned; "', '%s%n%x', '\\n\\033[31m\\x00', '${HOME}', '!!', '*?[a]{b,c}~', '{"type":"click","x":1,"y":1}', 'key ctrl+alt+F1', 'first\nsecond $(touch /tmp/owned)',
];

describe('text of a model on a real desktop', () => {
  it('is typed as it is, whatever a shell would make of it, and starts no program', { timeout: 180_000 }, async (test) => {
    await using vendor = await startScriptedVendor([[computerCall('c1', payloads.map((text) => ({ type: 'type', text: `${text}\n` })))], [message('done')]]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    const { id: desktopId } = await controller.post<DesktopView>('/api/desktops', {});
    const bash = async (script: string) => (await controller.post<ProgramResult>(`/api/desktops/${desktopId}/programs`, { argv: ['bash', '-c', script] })).stdout;
    await bash('setsid xterm -title Witness -e "cat > typed.txt" > /dev/null 2>&1 < /dev/null & until xdotool search --name Witness; do sleep 0.1; done');
    await waitFor('the window', async () => (await controller.get<{ activeWindow: string | null }>(`/api/desktops/${desktopId}/state`)).activeWindow === 'Witness', 60_000);
    /* The shim's one xdotool is started with its first input. */
    const programs = () => bash('ps -eo user,args --no-headers | grep -v "ps -eo\\|sort\\|grep\\|^warden *xdotool -$" | sort');
    const before = await programs();
    const { id } = await controller.post<Run>('/api/runs', { task: 'type', model: 'scripted', desktopId });
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.steps], ['succeeded', payloads.length], JSON.stringify(run.failure));
    const expected = payloads.map((text) => `${text}\n`).join('');
    const typed = async () => (await controller.request('GET', `/api/desktops/${desktopId}/files/typed.txt`)).text();
    await waitFor('the text', async () => (await typed()).length >= expected.length, 20_000);
    assert.equal(await typed(), expected);
    assert.equal(await programs(), before, 'no program more than before');
    assert.equal(await bash('ls /tmp/owned 2>/dev/null; true'), '');
    test.diagnostic(`${payloads.length} payloads typed literally`);
  });
});
