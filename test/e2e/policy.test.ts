import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Approval } from '../../controller/approvals/approval.ts';
import type { ActionsResult } from '../../controller/api/shapes.ts';
import type { TurnMatches } from '../../controller/runs/simulate-policy.ts';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, message, startScriptedVendor } from '../support/scripted-vendor.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { readWitness } from '../support/witnessed.ts';

const rules = [
  { name: 'no-root', verdict: 'refuse', reason: 'never as root', when: { text: { matches: '\\bsudo\\b' } } },
  { name: 'removal', verdict: 'ask', reason: 'something is removed', when: { text: { matches: '\\brm\\b' } } },
  { name: 'no-terminals', verdict: 'refuse', reason: 'nothing in terminals', when: { window: { app: 'xterm' }, actions: ['type', 'key'] } },
];

/** A controller with a policy file, and the keys that a window on its desktop was given. */
async function start(folder: string, environment: Record<string, string>) {
  const file = join(folder, 'policy.json');
  await writeFile(file, JSON.stringify({ rules }));
  const controller = await ControllerProcess.start({ VITRINE_POLICY_FILE: file, OPENAI_MODEL: 'scripted', ...environment });
  const witnessed = async (desktopId: string) => {
    const content = await readFile(new URL('../support/witness.py', import.meta.url));
    const headers = { ...controller.headers, 'content-type': 'application/octet-stream' };
    assert.equal((await fetch(`${controller.url}/api/desktops/${desktopId}/files/witness.py`, { method: 'PUT', body: content, headers })).status, 200);
    /* In a session of its own, since a program's group ends with it. */
    await controller.post(`/api/desktops/${desktopId}/programs`, { argv: ['bash', '-c', 'setsid python3 witness.py witness.log > witness.errors 2>&1 < /dev/null & until xdotool search --name Witness; do sleep 0.1; done'] });
    await waitFor('the witness’s window', async () => /Witness/.test((await controller.get<{ activeWindow: string | null }>(`/api/desktops/${desktopId}/state`)).activeWindow ?? ''), 60_000);
    return async () => readWitness(await (await controller.request('GET', `/api/desktops/${desktopId}/files/witness.log`)).text()).flatMap(({ event, key }) => (event === 'keydown' ? [key] : []));
  };
  return { controller, witnessed };
}

describe('rules on a real desktop', () => {
  it('hold a text for a person, who edits it: the edited one is typed, recorded, and told to the model', { timeout: 180_000 }, async () => {
    await using folder = await temporaryFolder();
    await using vendor = await startScriptedVendor([[computerCall('c1', [{ type: 'type', text: 'rm all' }])], [computerCall('c2', [{ type: 'type', text: 'sudo x' }])], [message('done')]]);
    const { controller, witnessed } = await start(folder.path, { OPENAI_BASE_URL: vendor.url });
    await using _ = controller;
    const { id: desktopId } = await controller.post<DesktopView>('/api/desktops', {});
    const keys = await witnessed(desktopId);
    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted', desktopId });
    const approval = await controller.pendingApproval(id);
    assert.deepEqual([approval.kind, approval.rules.map(({ rule }) => rule)], ['policy', ['removal']]);
    assert.deepEqual(await keys(), [], 'nothing is typed before the decision');
    const path = `/api/approvals/${approval.id}/decision`;
    const edits = (text: string) => [{ callId: 'c1', index: 0, text }];
    const refused = await controller.request('POST', path, { decision: 'approve', edits: edits('sudo ls') });
    assert.deepEqual([refused.status, /no-root/.test(await refused.text())], [422, true]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => controller.request('POST', path, { decision: 'approve', digest: approval.digest, edits: edits('ls') })));
    assert.deepEqual(answers.map(({ status }) => status).toSorted((one, other) => one - other), [200, ...Array.from({ length: 19 }, () => 409)]);
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.steps], ['succeeded', 1], JSON.stringify(run.failure));
    assert.deepEqual(await waitFor('the keys', async () => (await keys()).length >= 2 && keys()), ['l', 's']);

    const decided = await controller.get<Approval>(`/api/approvals/${approval.id}`);
    assert.deepEqual([decided.state, decided.digest === approval.digest, decided.decidedDigest === approval.digest, decided.edits], ['approved', true, false, edits('ls')]);
    const told = JSON.stringify(vendor.asked[1]?.['input']);
    assert.match(told, /edited your text before it was typed\. This was typed instead: [\\"]+ls/);
    assert.match(told, /"text":"rm all"/, 'the model\'s own call is repeated word for word');
    assert.match(JSON.stringify(vendor.asked[2]?.['input']), /the rule no-root refuses it: never as root/);
    const events = await controller.events(id);
    assert.deepEqual(events.flatMap(({ fact }) => (fact.type === 'action.ended' ? [[fact.action, typeof fact.editedBy]] : [])), [[{ type: 'type', text: 'ls' }, 'string']]);
    const replay = await (await controller.request('GET', `/api/runs/${id}/replay`)).text();
    for (const words of ['rule removal: something is removed', 'was edited to', 'Rule no-root refuses: never as root', 'wrote this text in place of the model']) assert.ok(replay.includes(words), words);

    const { outcomes, complete } = await controller.post<ActionsResult>(`/api/desktops/${desktopId}/actions`, { actions: [{ type: 'type', text: 'x' }, { type: 'type', text: ' sudo' }] });
    assert.deepEqual([complete, outcomes.map(({ status, error }) => [status, error?.message])], [false, [['performed', undefined], ['refused', 'Not performed: the rule no-root refuses it: never as root.']]]);
  });

  it('refuse by the window that has the focus, also when a turn itself gives it the focus', { timeout: 180_000 }, async () => {
    await using folder = await temporaryFolder();
    const [notes, terminal] = [{ x: 200, y: 200 }, { x: 900, y: 200 }];
    const command = { type: 'type', text: 'touch typed\n' };
    await using vendor = await startScriptedVendor([[computerCall('c1', [{ type: 'click', button: 'left', ...notes }, { type: 'type', text: 'one\n' }, { type: 'click', button: 'left', ...terminal }, command])], [message('done')]]);
    const { controller } = await start(folder.path, { OPENAI_BASE_URL: vendor.url });
    await using _ = controller;
    const { id: desktopId } = await controller.post<DesktopView>('/api/desktops', {});
    const inside = async (text: string) => (await controller.post<{ stdout: string }>(`/api/desktops/${desktopId}/programs`, { argv: ['bash', '-c', text] })).stdout;
    const open = (title: string, ...options: string[]) => inside(`setsid xterm -T ${title} ${options.join(' ')} > /dev/null 2>&1 < /dev/null & until xdotool search --name ${title}; do sleep 0.1; done`);
    await open('Notes', '-class Notes -geometry 40x20+20+20 -e "cat > notes.txt"');
    await open('Terminal', '-geometry 40x20+720+20');
    await waitFor('the terminal', async () => (await controller.get<{ activeWindow: string | null }>(`/api/desktops/${desktopId}/state`)).activeWindow === 'Terminal', 60_000);

    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted', desktopId });
    assert.equal((await controller.ended(id)).state, 'succeeded');
    const events = await controller.events(id);
    assert.deepEqual(events.flatMap(({ fact }) => (fact.type === 'action.ended' ? [[fact.action.type, fact.outcome.status]] : [])), [['click', 'performed'], ['type', 'performed'], ['click', 'performed']]);
    const windows = events.flatMap(({ fact }) => (fact.type === 'frame.captured' ? [fact.frame.window?.app] : []));
    assert.deepEqual(windows, ['XTerm', 'Notes', 'Notes', 'XTerm']);
    assert.ok(JSON.stringify(vendor.asked[1]?.['input']).includes('the rule no-terminals refuses it: nothing in terminals'));
    const { turns } = await controller.post<{ turns: readonly TurnMatches[] }>(`/api/runs/${id}/policy-test`, { rules });
    assert.deepEqual(turns.map(({ turn, matches }) => [turn, matches.map(({ rule, index }) => [rule, index])]), [[1, [['no-terminals', 3]]]]);

    const act = async (...actions: object[]) => (await controller.post<ActionsResult>(`/api/desktops/${desktopId}/actions`, { actions })).outcomes.map(({ status, error }) => error?.message ?? status);
    const refusal = 'Not performed: the rule no-terminals refuses it: nothing in terminals.';
    assert.deepEqual(await act(command), [refusal]);
    assert.deepEqual(await act({ type: 'click', ...notes }, { type: 'type', text: 'two\n' }, { type: 'click', ...terminal }, command), ['performed', 'performed', 'performed', refusal]);
    assert.equal(await inside('cat notes.txt; ls typed 2>/dev/null'), 'one\ntwo\n');
  });

  it('end the start when the file is wrong, naming the rule', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'policy.json');
    await writeFile(file, JSON.stringify({ rules: [{ ...rules[0], when: { text: { matches: '(a' } } }] }));
    await assert.rejects(ControllerProcess.start({ VITRINE_POLICY_FILE: file }), /rule no-root: when\.text\.matches: cannot be read at character 2/);
  });
});

describe('a budget of tokens', () => {
  it('ends a run at its cap across three kills in the middle of a question', { timeout: 240_000 }, async () => {
    const never = () => new Promise<readonly unknown[]>(() => {});
    const move = (callId: string, x: number) => [computerCall(callId, [{ type: 'move', x, y: 7 }])];
    await using vendor = await startScriptedVendor([move('c1', 3), never(), never(), never(), move('c2', 4), move('c3', 5)]);
    await using controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted' });
    /* Each answer of this vendor takes 110 tokens. */
    const { id } = await controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted', budgets: { maxTokens: 550 } });
    for (const asked of [2, 3, 4]) {
      await controller.until(id, () => vendor.asked.length === asked);
      await controller.kill('SIGKILL');
      await controller.startAgain();
    }
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.failure?.code, run.steps], ['failed', 'budget_tokens', 2]);
    assert.match(run.failure?.message ?? '', /550 were used, 330 of them held for 3 questions whose answers were lost/);
    assert.equal(vendor.asked.length, 5, 'not one question more than the budget holds');
  });
});
