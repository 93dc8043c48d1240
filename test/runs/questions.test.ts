import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { Call } from '../../controller/dialects/transcript.ts';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const question = { text: 'Which colour?', choices: ['red', 'blue'] };
const asking: Call = { callId: 'call_1', actions: [], question, safetyChecks: [] };
const clicking = (callId: string): Call => ({ callId, actions: [click], safetyChecks: [] });

/** Runs of one model over a journal in a folder. */
function open(folder: string, model: ScriptedModel, desktops = fakeDesktops()) {
  const journal = openJournal(folder);
  const runs = createRuns({ journal, desktops, models: onlyModel(model), log: pino({ level: 'silent' }), maxDesktops: 4, rules: [], makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
  return {
    runs, desktops,
    ask: (more: object = {}) => runs.create(RunRequest.parse({ task: 'paint it', tools: ['ask_person'], ...more }), ann).id,
    asked: async (runId: string) => {
      await waitFor(`run ${runId} to ask a person`, () => runs.get(runId, ann).approvalId !== null, 5000);
      return runs.approval(runs.get(runId, ann).approvalId ?? '', ann);
    },
    ended: (runId: string) => runs.ended(runId, ann, AbortSignal.timeout(10_000)),
    async close() {
      await runs.close();
      journal.close();
    },
  };
}

/** What the model was told of its calls when it was asked for the last time. */
function told(model: ScriptedModel) {
  return model.asked.at(-1)?.transcript.flatMap((entry) => (entry.kind === 'results' ? entry.results : [])) ?? [];
}

describe('a question of the model\'s', () => {
  it('waits for a person, who may have started the run, and whose answer the model is told; what stood behind it is not performed', async () => {
    await using folder = await temporaryFolder();
    const model = scriptedModel([turnWith([clicking('call_0'), asking, clicking('call_2')]), turnWith([], 'painted')]);
    const w = open(folder.path, model);
    const id = w.ask();
    const approval = await w.asked(id);
    const [desktop] = w.desktops.made.values();
    const clicks = () => desktop?.performedRequests.filter(({ action }) => action.type === 'click').length;
    assert.deepEqual([approval.kind, approval.question, approval.state, approval.calls], ['question', question, 'pending', []]);
    assert.deepEqual([w.runs.get(id, ann).state, clicks()], ['awaitingSafetyAck', 1]);
    assert.equal(w.runs.control.inbox(ann)[0]?.words, 'Answer the model: Which colour?');
    const decided = w.runs.answerQuestion(approval.id, { answer: 'neither: green', digest: approval.digest }, { ...ann, mayDecideOwn: false });
    assert.deepEqual([decided.state, decided.answer, decided.decidedBy], ['approved', 'neither: green', 'ann']);
    assert.equal((await w.ended(id)).answer, 'painted');
    assert.equal(clicks(), 1);
    const results = told(model);
    assert.deepEqual(results.map(({ callId, isError }) => [callId, isError]), [['call_0', false], ['call_1', false], ['call_2', true]]);
    assert.equal(results[1]?.output, 'A person answers: neither: green');
    assert.match(results[2]?.notes.join(' ') ?? '', /stood behind a question/);
    assert.notEqual(results[1]?.frameId, approval.frameId, 'the screen is looked at again after the answer');
    await w.close();
  });

  it('goes before what a person would be asked about behind it', async () => {
    await using folder = await temporaryFolder();
    const model = scriptedModel([turnWith([asking, { ...clicking('call_2'), safetyChecks: [{ id: 'sc', code: null, message: 'look' }] }]), turnWith([], 'done')]);
    const w = open(folder.path, model);
    const id = w.ask();
    const approval = await w.asked(id);
    assert.equal(approval.kind, 'question', 'nobody is asked about what is not performed');
    w.runs.answerQuestion(approval.id, { answer: 'red' }, ann);
    assert.equal((await w.ended(id)).answer, 'done');
    assert.deepEqual(w.runs.approvals({ runId: id, limit: 10 }, ann).items.map(({ kind }) => kind), ['question']);
    assert.match(told(model)[1]?.notes.join(' ') ?? '', /stood behind a question/);
    await w.close();
  });

  it('is not answered by a denial, whose reason the model is told, nor by time', async () => {
    await using folder = await temporaryFolder();
    const model = scriptedModel([turnWith([asking]), turnWith([], 'left as it is'), turnWith([asking]), turnWith([], 'nobody there')]);
    const w = open(folder.path, model);
    const first = w.ask();
    w.runs.answerQuestion((await w.asked(first)).id, { reason: 'you know that' }, ann);
    assert.equal((await w.ended(first)).answer, 'left as it is');
    assert.match(told(model)[0]?.notes.join(' ') ?? '', /^A person does not answer: you know that\./);
    const second = w.ask({ approvalTimeoutMs: 1000 });
    const approval = await w.asked(second);
    assert.equal((await w.ended(second)).answer, 'nobody there');
    assert.match(told(model)[0]?.notes.join(' ') ?? '', /^Nobody answered in time\./);
    assert.equal(w.runs.approval(approval.id, ann).state, 'expired');
    await w.close();
  });

  it('wants an answer, and nothing else does', async () => {
    await using folder = await temporaryFolder();
    const w = open(folder.path, scriptedModel([turnWith([asking]), turnWith([{ ...clicking('call_1'), safetyChecks: [{ id: 'sc', code: null, message: 'look' }] }]), turnWith([], 'done')]));
    const id = w.ask();
    const approval = await w.asked(id);
    const refusal = (words: RegExp) => (error: VitrineError) => error.code === 'unprocessable' && words.test(error.message);
    for (const decision of ['approve', 'deny'] as const) assert.throws(() => w.runs.decide(approval.id, { decision }, ann), refusal(/answer it, or leave it unanswered, with POST \/api\/approvals\/.*\/answer/));
    assert.equal(w.runs.approval(approval.id, ann).state, 'pending');
    w.runs.answerQuestion(approval.id, { answer: 'red' }, ann);
    assert.throws(() => w.runs.answerQuestion(approval.id, { answer: 'blue' }, ann), (error: VitrineError) => error.code === 'conflict' && error.details?.['decidedBy'] === 'ann');
    const check = await w.asked(id);
    assert.equal(check.kind, 'safety_check');
    assert.throws(() => w.runs.answerQuestion(check.id, { answer: 'red' }, ann), refusal(/is no question of the model's/));
    w.runs.decide(check.id, { decision: 'approve' }, ann);
    assert.equal((await w.ended(id)).state, 'succeeded');
    await w.close();
  });

  it('still waits after a restart, and is answered while the run is paused', async () => {
    await using folder = await temporaryFolder();
    const desktops = fakeDesktops();
    const first = open(folder.path, scriptedModel([turnWith([asking])]), desktops);
    const id = first.ask();
    const before = await first.asked(id);
    await first.close();
    const model = scriptedModel([turnWith([], 'painted')]);
    const w = open(folder.path, model, desktops);
    w.runs.takeUp();
    assert.deepEqual(await w.asked(id), before);
    w.runs.pause(id, ann);
    w.runs.answerQuestion(before.id, { answer: 'blue' }, ann);
    assert.equal(model.asked.length, 0, 'a paused run asks nothing');
    w.runs.resume(id, ann);
    assert.equal((await w.ended(id)).answer, 'painted');
    assert.equal(told(model)[0]?.output, 'A person answers: blue');
    await w.close();
  });
});
