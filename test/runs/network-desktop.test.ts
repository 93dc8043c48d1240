import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { pino } from 'pino';
import { createGates } from '../../controller/gate/gates.ts';
import { NetworkPolicy } from '../../controller/gate/network-policy.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { containersOf, createTemplates, Template } from '../../controller/runs/templates/template.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { Installation, template } from '../desktops/real-desktops.ts';
import { startFakeInternet } from '../gate/fake-internet.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';

const ann = { name: 'ann', project: 'default' };
const templates = createTemplates({ ruled: Template.parse({ rules: [{ name: 'no-typing', verdict: 'refuse', reason: 'looking only', when: { actions: ['type'] } }] }) });
const soon = () => AbortSignal.timeout(90_000);
const fetchIt = ['bash', '-c', 'curl -s --retry 20 --retry-connrefused --retry-delay 1 http://good.org/ http://bad.org/'];

it('a caller\'s desktop has its way out before anything is done on it, another one when that is changed, and none once its run is over', { timeout: 180_000 }, async () => {
  await using installation = new Installation();
  const internet = await startFakeInternet(['good.org']);
  internet.files.set('/', 'welcome');
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-network-desktop-'));
  const journal = openJournal(folder);
  const log = pino({ level: 'silent' });
  const gates = createGates({ log, privateTargets: [], resolveNames: internet.resolveNames, dial: internet.dial });
  const runs = createRuns({ journal, desktops: installation.controller({ templates: containersOf(templates, template) }), models: onlyModel(scriptedModel([])), log, gates, maxDesktops: 2, maxQueued: 10, templates, makeBriefing: () => ({ version: 'test', text: '' }) });
  try {
    const network = NetworkPolicy.parse({ mode: 'allow', allow: [{ host: 'good.org', ports: [80] }] });
    const desktop = await runs.launchDesktop('d-network', { display: { width: 1280, height: 800 }, template: 'default', network }, ann, soon());
    const run = runs.list({ desktopId: desktop.id, limit: 1 }, ann).items[0];
    assert.deepEqual([run?.driver, run?.state, run?.steps], ['caller', 'awaitingCaller', 0]);
    const runId = run?.id ?? '';
    assert.match((await desktop.runProgram({ argv: fetchIt, deadlineMs: 60_000 }, soon())).stdout.toString(), /^welcome.*bad\.org:80 is not among/s);
    runs.changeNetwork(runId, { policy: { mode: 'none' } }, ann);
    assert.doesNotMatch((await desktop.runProgram({ argv: ['curl', '-s', 'http://good.org/'], deadlineMs: 60_000 }, soon())).stdout.toString(), /welcome/);
    runs.changeNetwork(runId, { policy: network }, ann);
    assert.match((await desktop.runProgram({ argv: fetchIt, deadlineMs: 60_000 }, soon())).stdout.toString(), /^welcome/);
    assert.deepEqual(internet.requests, ['GET http://good.org/', 'GET http://good.org/']);
    runs.cancel(runId, 'enough', ann);
    await runs.ended(runId, ann, soon());
    assert.equal(gates.traffic(desktop.id), undefined);
    await runs.releaseDesktop(desktop.id, ann, undefined, soon());

    const ruled = await runs.launchDesktop('d-ruled', { display: { width: 1280, height: 800 }, template: 'ruled' }, ann, soon());
    const { performed } = await runs.performDirectly(ruled.id, { actions: [{ type: 'type', text: 'x' }], capture: undefined, settle: undefined, decidedOn: undefined, staleTarget: undefined }, ann, soon());
    assert.match(performed[0]?.outcome.error?.message ?? '', /the rule no-typing refuses it: looking only/, 'the rules of a template bind its desktops');
    await runs.releaseDesktop(ruled.id, ann, undefined, soon());
  } finally {
    await runs.close();
    gates.closeAll();
    internet.close();
    journal.close();
    await rm(folder, { recursive: true, force: true });
  }
});
