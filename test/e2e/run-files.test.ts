import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Run } from '../../controller/runs/run.ts';
import type { Upload } from '../../controller/runs/files/upload.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { message, startScriptedVendor } from '../support/scripted-vendor.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const templates = {
  research: {
    network: { mode: 'ask', allow: [{ host: 'wiki.example.com' }] },
    rules: [{ name: 'no-root', verdict: 'refuse', reason: 'never as root', when: { text: { matches: '\\bsudo\\b' } } }],
  },
  small: { memoryMb: 512 },
};
const shell = (command: string) => [{ type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'shell', arguments: JSON.stringify({ command }), status: 'completed' }];
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('files given with a run, on real desktops', () => {
  it('lie there as they were sent, with rules and a way out of the template, also when the controller is killed before', { timeout: 240_000 }, async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'templates.json');
    await writeFile(file, JSON.stringify({ templates }));
    await using vendor = await startScriptedVendor([shell('cd ~ && sha256sum "Data/Grüße 1.bin" letter.txt; stat -c "%U %a" letter.txt'), [message('read')]]);
    const environment = { OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted', VITRINE_TEMPLATES_FILE: file, VITRINE_MAX_DESKTOPS: '1' };
    await using controller = await ControllerProcess.start(environment);
    const upload = async (name: string, body: Buffer) => {
      const response = await fetch(`${controller.url}/api/uploads?name=${encodeURIComponent(name)}`, { method: 'POST', body: new Uint8Array(body), headers: { ...controller.headers, 'content-type': 'application/octet-stream' } });
      assert.equal(response.status, 201);
      return (await response.json() as Upload).id;
    };
    const kept = () => readdir(join(controller.dataFolder, 'uploads'));
    const [large, letter] = [randomBytes(9_000_001), Buffer.from('Dear reader\n')];
    const files = [{ upload: await upload('Grüße 1.bin', large), path: 'Data/Grüße 1.bin' }, { upload: await upload('letter.txt', letter), path: '/home/agent/letter.txt' }];
    await controller.kill('SIGKILL');
    await controller.startAgain({ ...environment, VITRINE_FAILPOINT: 'desktop.writeFile.after:1:kill' });
    const { id } = await controller.post<Run>('/api/runs', { task: 'Compare them', model: 'scripted', template: 'research', tools: ['shell'], files });
    await controller.exited();
    assert.equal(controller.wasKilled, true, 'killed after the first of the two');
    assert.equal(vendor.asked.length, 0);
    await controller.startAgain(environment);
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.answer], ['succeeded', 'read'], JSON.stringify(run.failure));
    const told = JSON.stringify(vendor.asked.at(-1));
    for (const words of [`${sha256(large)}  Data/Grüße 1.bin`, `${sha256(letter)}  letter.txt`, 'agent 644']) assert.ok(told.includes(words), words);
    assert.match(JSON.stringify(vendor.asked[0]), /Files that belong to the task lie on your desktop:.*\/home\/agent\/Data\/Grüße 1\.bin.*\/home\/agent\/letter\.txt/);
    const facts = (await controller.events(id)).map(({ fact }) => fact);
    assert.deepEqual(facts.flatMap((fact) => (fact.type === 'file.put' ? [[fact.path, fact.size, fact.sha256]] : [])), [['Data/Grüße 1.bin', large.length, sha256(large)], ['/home/agent/letter.txt', 12, sha256(letter)]]);
    const created = facts.find((fact) => fact.type === 'run.created');
    assert.deepEqual([created?.request.network.mode, created?.rules?.map(({ name }) => name)], ['ask', ['no-root']]);
    await waitFor('the uploads are gone', async () => (await kept()).length === 0);

    const failing = async (body: Buffer, path: string) => {
      const begun = await controller.post<Run>('/api/runs', { task: 'x', model: 'scripted', template: 'small', files: [{ upload: await upload('x', body), path }] });
      return (await controller.ended(begun.id)).failure;
    };
    assert.match((await failing(Buffer.from('x'), '.config'))?.message ?? '', /could not be put into its desktop: .*\.config is a folder/);
    const full = await failing(randomBytes(100 * 2 ** 20), 'huge.bin');
    assert.deepEqual([full?.code, /huge\.bin.*disk is full/.test(full?.message ?? '')], ['desktop_failed', true], JSON.stringify(full));
    assert.equal(vendor.asked.length, 2, 'no model was asked without its files');
    await waitFor('the uploads are gone', async () => (await kept()).length === 0);
  });
});
