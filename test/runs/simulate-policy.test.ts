import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PolicyRule } from '../../controller/policy/rule.ts';
import type { RunEvent, RunFact } from '../../controller/runs/run-event.ts';
import { simulateContacts, simulatePolicy } from '../../controller/runs/simulate-policy.ts';
import { click, frameNamed, outcomeFor, turnWith } from './random-commands.ts';

const typing = (text: string) => ({ type: 'type' as const, text });
const call = (...actions: ReturnType<typeof typing>[]) => [{ callId: 'c', actions, safetyChecks: [] }];
const events = (...facts: RunFact[]): RunEvent[] => facts.map((fact, index) => ({ sequence: index + 1, runId: 'run-1', at: index, fact }));
const answered = (turn: number, answer: ReturnType<typeof turnWith>): RunFact => ({ type: 'model.answered', turn, askId: 'a', answer, ms: 1, costUsd: null });
const ended = (turn: number, text: string): RunFact => {
  const { timings: _timings, ...outcome } = outcomeFor('x');
  return { type: 'action.ended', actionId: 'x', turn, callId: 'c', index: 0, action: typing(text), outcome, frameId: null, timings: { queueMs: 0, inputMs: 0, settleMs: 0, captureMs: 0, relayMs: 0 } };
};
const noPause = async () => {};
const rules = [PolicyRule.parse({ name: 'no-root', verdict: 'refuse', reason: 'no', when: { text: { contains: 'sudo' } } }), PolicyRule.parse({ name: 'clicks', verdict: 'ask', reason: 'look', when: { actions: ['click'] } })];

describe('a policy simulated against a past run', () => {
  it('names the turns that its rules are about, and only those', async () => {
    const past = events(answered(1, turnWith(call(typing('ls')))), answered(2, turnWith([{ callId: 'c', actions: [click], safetyChecks: [] }])), answered(3, turnWith(call(typing('sudo ls')))), answered(4, turnWith([], 'done')));
    assert.deepEqual((await simulatePolicy(rules, past, noPause)).map(({ turn, matches }) => [turn, matches.map(({ rule }) => rule)]), [[2, ['clicks']], [3, ['no-root']]]);
  });

  it('looks behind what was typed in the line before, as the run would have', async () => {
    const past = events(answered(1, turnWith(call(typing('su')))), ended(1, 'su'), answered(2, turnWith(call(typing('do ls')))));
    assert.deepEqual((await simulatePolicy(rules, past, noPause)).map(({ turn }) => turn), [2]);
  });

  it('looks at the window of each frame, and says where a run does not name it', async () => {
    const inTerminal = [PolicyRule.parse({ name: 'terminal', verdict: 'refuse', reason: 'no', when: { window: { app: 'XTerm' }, actions: ['type'] } })];
    const captured = (app?: string): RunFact => ({ type: 'frame.captured', why: 'after_action', frame: { ...frameNamed('f1'), ...(app === undefined ? {} : { window: { app, title: '' } }) } });
    const turn = answered(1, turnWith(call(typing('a'), typing('b'))));
    const seen = async (...facts: RunFact[]) => (await simulatePolicy(inTerminal, events(...facts), noPause)).flatMap(({ matches }) => matches.map(({ index, isWindowUnknown }) => [index, isWindowUnknown]));
    assert.deepEqual(await seen(captured('Chromium'), turn), []);
    assert.deepEqual(await seen(captured('XTerm'), turn), [[0, undefined]]);
    assert.deepEqual(await seen(captured('Chromium'), turn, captured('XTerm'), ended(1, 'a')), [[1, undefined]]);
    assert.deepEqual(await seen(captured(), turn), [[0, true]]);
  });

  it('pauses after every rule that it has looked at, strictest first all the same, and ends when it may not go on', async () => {
    const past = events(answered(1, turnWith([{ callId: 'c', actions: [click, typing('sudo ls')], safetyChecks: [] }])), answered(2, turnWith(call(typing('ls')))));
    let pauses = 0;
    const count = async () => void (pauses += 1);
    assert.deepEqual((await simulatePolicy(rules.toReversed(), past, count)).map(({ matches }) => matches.map(({ rule }) => rule)), [['no-root', 'clicks']]);
    assert.equal(pauses, 4);
    await assert.rejects(simulatePolicy(rules, past, () => Promise.reject(new Error('enough'))), /enough/);
  });

  it('names the hosts that its rules are about', () => {
    const contact = (host: string, verdict: 'allowed' | 'refused'): RunFact => ({ type: 'network.decided', contact: { host, port: 443, kind: 'connect', verdict, rule: 'r', reason: null, address: null } });
    const hosts = [PolicyRule.parse({ name: 'no-mail', verdict: 'refuse', reason: 'no', when: { hosts: ['*.mail.org'] } })];
    assert.deepEqual(simulateContacts(hosts, events(contact('a.mail.org', 'allowed'), contact('good.org', 'allowed'))), [{ host: 'a.mail.org', port: 443, was: 'allowed', rule: 'no-mail', verdict: 'refuse', reason: 'no' }]);
  });

  it('looks at callers\' actions too', async () => {
    const past = events({ type: 'action.intended', actionId: 'run-1.d1', turn: 0, callId: '', index: 0, action: click, epoch: 1, decidedOn: null });
    assert.deepEqual((await simulatePolicy(rules, past, noPause)).map(({ turn, matches }) => [turn, matches[0]?.verdict]), [[0, 'ask']]);
  });
});
