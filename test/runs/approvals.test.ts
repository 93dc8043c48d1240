import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { Action } from '../../sandbox-image/wire/index.ts';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { PolicyRule } from '../../controller/policy/rule.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import type { Run } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import type { FakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const soon = () => AbortSignal.timeout(10_000);
const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
const type = (text: string): Action => ({ type: 'type', text });
const request = (more: object = {}) => RunRequest.parse({ task: 'do it', ...more });
const noRoot = PolicyRule.parse({ name: 'no-root', verdict: 'refuse', reason: 'never as root', when: { text: { contains: 'sudo' } } });
const askTyping = PolicyRule.parse({ name: 'typing', verdict: 'ask', reason: 'texts are looked at', when: { actions: ['type'] } });
const typing = (text: string) => turnWith([{ callId: 'call_1', actions: [type(text)], safetyChecks: [] }]);
const flagged = () => turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [check] }]);

/** Runs over a journal in a folder, with these rules and this model. */
function open(folder: string, rules: readonly PolicyRule[], model: ScriptedModel, desktops: FakeDesktops = fakeDesktops()) {
  const journal = openJournal(folder);
  const runs = createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, rules, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
  const reach = async (runId: string, isThere: (run: Run) => boolean) => waitFor(`run ${runId} as wanted`, () => isThere(runs.get(runId, ann)), 5000);
  return {
    runs, journal, desktops, model, reach,
    pending: async (runId: string) => {
      await reach(runId, ({ state }) => state === 'awaitingSafetyAck');
      return runs.approval(runs.get(runId, ann).approvalId ?? '', ann);
    },
    typed: () => [...desktops.made.values()].flatMap((desktop) => desktop.performedRequests.flatMap(({ action }) => (action.type === 'type' ? [action.text] : []))),
    async close() {
      await runs.close();
      journal.close();
    },
  };
}

function code(expected: VitrineError['code']) {
  return (error: VitrineError) => error.code === expected;
}

describe('approvals', () => {
  it('are decided once: of twenty decisions one counts, the others are told of it', async () => {
    await using folder = await temporaryFolder();
    const w = open(folder.path, [], scriptedModel([flagged(), turnWith([], 'done')]));
    const { id } = w.runs.create(request(), ann);
    const approval = await w.pending(id);
    const decisions = await Promise.allSettled(Array.from({ length: 20 }, async (_, count) => w.runs.decide(approval.id, { decision: count % 2 === 0 ? 'approve' : 'deny' }, { name: `token-${count}`, project: 'default' })));
    const first = decisions.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    assert.equal(first.length, 1);
    for (const each of decisions) {
      if (each.status === 'fulfilled') continue;
      assert.equal((each.reason as VitrineError).code, 'conflict');
      assert.equal((each.reason as VitrineError).details?.['decidedBy'], first[0]?.decidedBy);
    }
    await w.runs.ended(id, ann, soon());
    await w.close();
  });

  it('are listed over all runs, by state, kind and run, page by page', async () => {
    await using folder = await temporaryFolder();
    const w = open(folder.path, [askTyping], scriptedModel([flagged(), typing('one'), typing('two')]));
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { id } = w.runs.create(request(), ann);
      await w.pending(id);
      ids.push(id);
    }
    const list = (filter: object) => w.runs.approvals({ limit: 50, ...filter }, ann).items.map(({ runId }) => ids.indexOf(runId));
    assert.deepEqual(list({}), [2, 1, 0]);
    assert.deepEqual(list({ kind: 'policy' }), [2, 1]);
    assert.deepEqual(list({ runId: ids[0] }), [0]);
    w.runs.decide(w.runs.get(ids[1] ?? '', ann).approvalId ?? '', { decision: 'deny' }, ann);
    assert.deepEqual([list({ state: 'pending' }), list({ state: 'denied', kind: 'safety_check' })], [[2, 0], []]);
    const first = w.runs.approvals({ limit: 2 }, ann);
    const second = w.runs.approvals({ limit: 2, after: first.next ?? '' }, ann);
    assert.deepEqual([...first.items, ...second.items].map(({ runId }) => ids.indexOf(runId)), [2, 1, 0]);
    assert.equal(second.next, null);
    assert.deepEqual(w.runs.approvals({ limit: 2 }, { name: 'bob', project: 'other' }).items, []);
    await w.close();
  });

  it('take an edited text, which is typed and told to the model; refused ones leave them open', async () => {
    await using folder = await temporaryFolder();
    const w = open(folder.path, [askTyping, noRoot], scriptedModel([typing('rm -rf /'), turnWith([], 'done')]));
    const { id } = w.runs.create(request(), ann);
    const approval = await w.pending(id);
    const [desktop] = w.desktops.made.values();
    const edit = (text: string, index = 0) => ({ decision: 'approve' as const, edits: [{ callId: 'call_1', index, text }] });
    assert.throws(() => w.runs.decide(approval.id, edit('sudo ls'), ann), (error: VitrineError) => error.code === 'unprocessable' && /no-root/.test(error.message));
    assert.throws(() => w.runs.decide(approval.id, edit('ls', 4), ann), (error: VitrineError) => error.code === 'unprocessable' && /there is no action 4 in call "call_1"/.test(error.message));
    assert.equal(w.runs.approval(approval.id, ann).state, 'pending');
    const decided = w.runs.decide(approval.id, { ...edit('ls'), digest: approval.digest }, ann);
    assert.deepEqual([decided.state, decided.digest, decided.edits], ['approved', approval.digest, edit('ls').edits]);
    assert.notEqual(decided.decidedDigest, approval.digest);
    await w.runs.ended(id, ann, soon());
    assert.deepEqual(desktop?.performedRequests.map(({ action }) => action), [type('ls')]);
    const told = w.model.asked[1]?.transcript.flatMap((entry) => (entry.kind === 'results' ? entry.results.flatMap(({ notes }) => notes) : [])).join(' ') ?? '';
    assert.match(told, /A person \(ann\) edited your text before it was typed\. This was typed instead: "ls"/);
    await w.close();
  });
});

describe('the rules of a run', () => {
  it('are those of the deployment and its own, as they were when it began, also after a restart', async () => {
    await using folder = await temporaryFolder();
    const gate = Promise.withResolvers<ReturnType<typeof typing>>();
    const desktops = fakeDesktops();
    const first = open(folder.path, [noRoot], scriptedModel([gate.promise]), desktops);
    const { id } = first.runs.create(request({ policy: [{ name: 'own', verdict: 'ask', reason: 'mine', when: { actions: ['type'] } }] }), ann);
    await first.reach(id, ({ state }) => state === 'awaitingModel');
    await first.close();
    const second = open(folder.path, [], scriptedModel([turnWith([{ callId: 'call_1', actions: [type('ls'), type('sudo')], safetyChecks: [] }]), turnWith([], 'done')]), desktops);
    second.runs.takeUp();
    const approval = await second.pending(id);
    assert.deepEqual([approval.rules.map(({ rule }) => rule), approval.calls.map(({ actions }) => actions)], [['own'], [[type('ls')]]]);
    second.runs.decide(approval.id, { decision: 'approve' }, ann);
    const run = await second.runs.ended(id, ann, soon());
    assert.deepEqual([run.state, run.steps], ['succeeded', 1]);
    const judged = second.runs.events({ runId: id, after: 0, limit: 1000 }, ann).flatMap(({ fact }) => (fact.type === 'policy.judged' ? fact.matches.map(({ rule, verdict }) => [rule, verdict]) : []));
    assert.deepEqual(judged, [['no-root', 'refuse'], ['own', 'ask']]);
    await second.close();
  });
});

describe('a caller\'s actions', () => {
  const direct = (...actions: Action[]) => ({ actions, capture: undefined, settle: undefined, decidedOn: undefined, staleTarget: undefined });

  /** Rules over one desktop that a caller launched. */
  async function callers(folder: string, rules: readonly PolicyRule[]) {
    const w = open(folder, rules, scriptedModel([]));
    await w.runs.launchDesktop('d-1', { display: { width: 1280, height: 800 }, template: 'default' }, ann, soon());
    const statuses = async (actions: Action[], signal = soon()) => {
      const { performed } = await w.runs.performDirectly('d-1', direct(...actions), ann, signal);
      return performed.map(({ outcome }) => [outcome.status, outcome.error?.message]);
    };
    /** The approval that waits, once there is one. */
    const asked = async () => waitFor('a question', () => w.runs.approvals({ state: 'pending', limit: 1 }, ann).items[0], 5000);
    return { ...w, statuses, asked };
  }

  it('are performed up to what a rule refuses, which is said', async () => {
    await using folder = await temporaryFolder();
    const w = await callers(folder.path, [noRoot]);
    assert.deepEqual(await w.statuses([type('ls\n'), type('su'), type('do'), type('x')]), [['performed', undefined], ['refused', 'Not performed: the rule no-root refuses it: never as root.']]);
    assert.deepEqual(w.typed(), ['ls\n']);
    assert.deepEqual(await w.statuses([type('su')]), [['performed', undefined]]);
    assert.equal((await w.statuses([type('do')]))[0]?.[0], 'refused', 'the line goes on');
    await w.close();
  });

  it('wait for a person where a rule asks: approved, edited, denied', async () => {
    await using folder = await temporaryFolder();
    const w = await callers(folder.path, [askTyping, noRoot]);
    for (const [decision, expected] of [
      [{ decision: 'approve' as const }, 'performed'],
      [{ decision: 'approve' as const, edits: [{ callId: '', index: 0, text: 'edited' }] }, 'performed'],
      [{ decision: 'deny' as const, reason: 'no' }, 'refused'],
    ] as const) {
      const outcome = w.statuses([type('given')]);
      const { id, calls } = await w.asked();
      const edits = 'edits' in decision ? decision.edits.map((edit) => ({ ...edit, callId: calls[0]?.callId ?? '' })) : [];
      w.runs.decide(id, { ...decision, edits }, ann);
      assert.equal((await outcome)[0]?.[0], expected);
    }
    assert.deepEqual(w.typed(), ['given', 'edited']);
    await w.close();
  });

  it('ask nobody any more when the caller is gone', async () => {
    await using folder = await temporaryFolder();
    const w = await callers(folder.path, [askTyping]);
    const giveUp = new AbortController();
    const outcome = w.statuses([type('given')], giveUp.signal);
    const { id } = await w.asked();
    giveUp.abort();
    await assert.rejects(outcome, code('unavailable'));
    assert.equal(w.runs.approval(id, ann).state, 'withdrawn');
    assert.throws(() => w.runs.decide(id, { decision: 'approve' }, ann), code('conflict'));
    assert.equal((await w.statuses([click]))[0]?.[0], 'performed', 'the desktop goes on');
    assert.deepEqual(w.typed(), []);
    await w.close();
  });
});
