import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { pino } from 'pino';
import { createGates } from '../../controller/gate/gates.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { PolicyRule } from '../../controller/policy/rule.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { Installation } from '../desktops/real-desktops.ts';
import { startFakeInternet } from '../gate/fake-internet.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const shell = (callId: string, command: string) => turnWith([{ callId, actions: [], safetyChecks: [], tool: { type: 'shell', command, restart: false, timeoutMs: 60_000 } }]);
const rules = [PolicyRule.parse({ name: 'no-worse', verdict: 'refuse', reason: 'never there', when: { hosts: ['worse.org'] } })];
const fetchIt = 'curl -s --retry 20 --retry-connrefused --retry-delay 1 http://good.org/ http://bad.org/ http://worse.org/';

it('a run that may ask: the first contact with a host waits for a person, a yes lets it through, a no is told to the model', { timeout: 180_000 }, async () => {
  await using installation = new Installation();
  const internet = await startFakeInternet(['good.org', 'bad.org', 'worse.org']);
  internet.files.set('/', 'welcome');
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-way-out-'));
  const journal = openJournal(folder);
  const log = pino({ level: 'silent' });
  const gates = createGates({ log, privateTargets: [], resolveNames: internet.resolveNames, dial: internet.dial });
  const model = scriptedModel([shell('one', fetchIt), turnWith([], 'done')]);
  const runs = createRuns({ journal, desktops: installation.controller(), models: onlyModel(model), log, gates, maxDesktops: 2, maxQueued: 10, rules, makeBriefing: () => ({ version: 'test', text: '' }) });
  try {
    const run = runs.create(RunRequest.parse({ task: 'fetch it', tools: ['shell'], network: { mode: 'ask' } }), ann);
    const pending = (host: string) => waitFor(`the question about ${host}`, () => runs.approvals({ runId: run.id, state: 'pending', limit: 10 }, ann).items.find(({ network }) => network?.host === host), 60_000);
    const good = await pending('good.org');
    assert.deepEqual([good.kind, good.network], ['network', { host: 'good.org', port: 80 }]);
    assert.equal(internet.requests.length, 0, 'nothing goes out while the question is open');
    runs.decide(good.id, { decision: 'approve' }, ann);
    const bad = await pending('bad.org');
    runs.decide(bad.id, { decision: 'deny', reason: 'not that one' }, ann);
    const ended = await runs.ended(run.id, ann, AbortSignal.timeout(60_000));
    assert.equal(ended.state, 'succeeded', ended.failure?.message ?? 'no reason');
    assert.deepEqual(internet.requests, ['GET http://good.org/']);
    const facts = runs.events({ runId: run.id, after: 0, limit: 1000 }, ann).map(({ fact }) => fact);
    const output = facts.flatMap((fact) => (fact.type === 'tool.ended' ? [fact.output] : [])).join();
    assert.match(output, /welcome/);
    assert.match(output, /a person refused bad\.org:80/);
    assert.deepEqual(facts.flatMap((fact) => (fact.type === 'network.decided' ? [`${fact.contact.host} ${fact.contact.verdict}`] : [])), ['good.org allowed', 'bad.org refused', 'worse.org refused']);
    assert.match(output, /the rule no-worse refuses worse\.org: never there/);
    const told = model.asked.at(-1)?.transcript.flatMap((entry) => (entry.kind === 'note' ? [entry.text] : [])).join('\n') ?? '';
    assert.match(told, /A person allowed this desktop to reach good\.org:80/);
    assert.match(told, /A person refused that this desktop reaches bad\.org:80: not that one/);
    const { hosts } = runs.network(run.id, ann);
    const reached = hosts.find(({ host }) => host === 'good.org');
    assert.ok(reached !== undefined && reached.allowed === 1 && reached.bytesDown > 0, 'what it reached is still told when it is over');
    assert.deepEqual(hosts.filter(({ refused }) => refused > 0).map(({ host }) => host).toSorted(), ['bad.org', 'worse.org']);
  } finally {
    await runs.close();
    gates.closeAll();
    internet.close();
    journal.close();
    await rm(folder, { recursive: true, force: true });
  }
});
