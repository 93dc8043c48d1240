import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NetworkPolicy } from '../../controller/gate/network-policy.ts';
import { PolicyRule } from '../../controller/policy/rule.ts';
import { judgeHost } from '../../controller/runs/chart/changes/networking.ts';
import type { RunRequest } from '../../controller/runs/run.ts';
import type { RunCommand, RunCommandOf } from '../../controller/runs/chart/run-command.ts';
import type { RunFact } from '../../controller/runs/run-event.ts';
import { createRun, stepRun } from '../../controller/runs/chart/step-run.ts';
import type { StoredState } from '../../controller/runs/chart/step-run.ts';
import { inboxOf } from '../../controller/runs/inbox.ts';
import { placeOf } from '../../controller/runs/chart/run-view.ts';
import { click, frameNamed, newRun, outcomeFor, turnWith } from './random-commands.ts';

const timings = { queueMs: 0, inputMs: 1, settleMs: 50, captureMs: 5, relayMs: 1 };

/** A run with a way out that asks, driven by hand. */
function world(network: Partial<RunRequest['network']> = {}, rules: readonly PolicyRule[] = []) {
  let state: StoredState = createRun({ ...newRun({ network: NetworkPolicy.parse({ mode: 'ask', maxUpBytes: 1, maxDownBytes: 1, ...network }) }), rules }).next;
  const facts: RunFact[] = [];
  const say = (command: RunCommand) => {
    const step = stepRun(state, command);
    if (step === undefined) return undefined;
    state = step.next;
    facts.push(...(step.commit.facts as readonly RunFact[]));
    return step;
  };
  const effect = () => state.snapshot.context.awaits?.effectId ?? '';
  say({ type: 'admit', at: 1 });
  say({ type: 'desktop.ready', at: 2, effectId: effect(), desktopId: 'desktop-1', display: { width: 1280, height: 800 }, launchMs: 1 });
  say({ type: 'observed', at: 3, effectId: effect(), frame: frameNamed('f1') });
  return { say, effect, facts, context: () => state.snapshot.context, view: () => stepRun(state, { type: 'message', at: 9, from: 'person', by: 'ann', text: 'x' })?.view };
}

const notes = (facts: readonly RunFact[]) => facts.flatMap((fact) => (fact.type === 'note.added' ? [fact.text] : []));

describe('questions about hosts', () => {
  it('hold the loop: an action in flight ends, and the model is asked once the host is decided', () => {
    const { say, effect, facts, context } = world();
    say({ type: 'model.answered', at: 4, effectId: effect(), ms: 1, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [] }]) });
    say({ type: 'network.contact', at: 5, host: 'example.org', port: 443 });
    assert.equal(context().awaits?.kind, 'perform');
    const ended = say({ type: 'action.ended', at: 6, effectId: effect(), outcome: outcomeFor(effect(), 'performed', frameNamed('f2')), timings });
    assert.deepEqual([ended?.begun.length, ended?.view.state, ended?.view.waitsFor], [0, 'deciding', "a person's decision on run-1.approval.1: may it reach example.org:443?"]);
    assert.equal(ended?.next.snapshot.context.clock.since, null, 'waiting for a person is no work');
    const decided = say({ type: 'approval.decide', at: 50_000, approvalId: 'run-1.approval.1', decision: 'approve', by: 'ann', reason: null });
    assert.equal(decided?.begun[0]?.kind, 'ask');
    assert.deepEqual(context().network?.allowed, [{ host: 'example.org', ports: [443] }]);
    assert.match(notes(facts).join(), /A person allowed this desktop to reach example\.org:443.*reload/);
    assert.ok(context().clock.activeMs < 100, `${context().clock.activeMs} ms`);
  });

  it('are asked once for a host, and bound by a deadline and a digest', () => {
    const { say, facts, context } = world();
    const step = say({ type: 'network.contact', at: 5, host: 'example.org', port: 443 });
    assert.equal(say({ type: 'network.contact', at: 6, host: 'example.org', port: 443 }), undefined);
    say({ type: 'network.contact', at: 7, host: 'other.org', port: 443 });
    const opened = facts.flatMap((fact) => (fact.type === 'approval.opened' ? [fact.approval] : []));
    assert.deepEqual(opened.map(({ kind, network }) => [kind, network?.host]), [['network', 'example.org'], ['network', 'other.org']]);
    assert.notEqual(opened[0]?.digest, opened[1]?.digest);
    assert.ok(step?.commit.deadlines.some(({ deadlineId, dueAt }) => deadlineId === opened[0]?.id && dueAt === opened[0]?.expiresAt));
    say({ type: 'deadline', at: opened[0]?.expiresAt ?? 0, deadlineId: opened[0]?.id ?? '' });
    assert.equal(context().network?.denied[0], 'example.org:443');
    assert.equal(say({ type: 'network.contact', at: 8, host: 'example.org', port: 443 }), undefined, 'what was refused is not asked again');
  });

  it('are bounded in number', () => {
    const { say, context } = world();
    for (let index = 0; index < 50; index += 1) say({ type: 'network.contact', at: 5, host: `h${index}.example.org`, port: 443 });
    assert.equal(context().network?.questions.length, 20);
  });

  it('come to an end: a desktop cannot hold its run for ever by asking for one host after another', () => {
    const { say, facts } = world();
    for (let index = 1; index <= 300; index += 1) {
      say({ type: 'network.contact', at: 5, host: `h${index}.example.org`, port: 443 });
      say({ type: 'approval.decide', at: 6, approvalId: `run-1.approval.${index}`, decision: 'deny', by: 'ann', reason: null });
    }
    assert.equal(facts.filter(({ type }) => type === 'approval.opened').length, 100);
  });

  it('are withdrawn with the end of the run', () => {
    const { say, facts, context } = world();
    say({ type: 'network.contact', at: 5, host: 'example.org', port: 443 });
    say({ type: 'cancel', at: 6, by: 'ann', reason: 'enough' });
    assert.deepEqual(facts.flatMap((fact) => (fact.type === 'approval.ended' ? [fact.approval.state] : [])), ['withdrawn']);
    assert.equal(context().network?.questions.length, 0);
  });

  it('tell the model once of a host that was refused, and not of what was decided by a person', () => {
    const { say, facts } = world();
    const refused = { host: 'evil.org', port: 443, kind: 'connect', verdict: 'refused', rule: 'allow', reason: 'it is not among what this desktop may reach', address: null } as const;
    say({ type: 'network.decided', at: 5, contact: refused });
    say({ type: 'network.decided', at: 6, contact: { ...refused, rule: 'address' } });
    say({ type: 'network.decided', at: 7, contact: { ...refused, host: 'denied.org', rule: 'person' } });
    assert.deepEqual(notes(facts), ['The network refused evil.org:443: it is not among what this desktop may reach.']);
    assert.equal(facts.filter(({ type }) => type === 'network.decided').length, 3);
  });

  it('can be answered before they are asked, by adding a host', () => {
    const { say, context } = world();
    say({ type: 'network.change', at: 5, policy: null, allow: [{ host: 'example.org', ports: [443] }], by: 'ann' });
    assert.equal(say({ type: 'network.contact', at: 6, host: 'example.org', port: 443 }), undefined);
    say({ type: 'network.change', at: 7, policy: { mode: 'none' }, allow: [], by: 'ann' });
    assert.deepEqual(context().network?.policy, { mode: 'none' });
  });

  it('are withdrawn by rules that answer them, and the run goes on', () => {
    const changes: readonly (readonly [Pick<RunCommandOf<'network.change'>, 'policy' | 'allow'>, RegExp])[] = [
      [{ policy: null, allow: [{ host: '*.example.org', ports: [443] }] }, /it may reach www\.example\.org:443 now/],
      [{ policy: { mode: 'none' }, allow: [] }, /it may not reach www\.example\.org:443/],
    ];
    for (const [change, word] of changes) {
      const { say, effect, facts, context } = world();
      say({ type: 'network.contact', at: 5, host: 'www.example.org', port: 443 });
      say({ type: 'model.answered', at: 6, effectId: effect(), ms: 1, costUsd: null, turn: turnWith([{ callId: 'c', actions: [click], safetyChecks: [] }]) });
      const step = say({ type: 'network.change', at: 7, ...change, by: 'ann' });
      assert.equal(context().network?.questions.length, 0);
      assert.deepEqual(facts.flatMap((fact) => (fact.type === 'approval.ended' ? [[fact.approval.state, fact.approval.decidedBy]] : [])), [['withdrawn', null]]);
      assert.equal(step?.view.waitsFor, null);
      assert.match(notes(facts).join(), word);
    }
  });

  it('stay where new rules still ask', () => {
    const { say, context } = world();
    say({ type: 'network.contact', at: 5, host: 'example.org', port: 443 });
    say({ type: 'network.change', at: 6, policy: null, allow: [{ host: 'example.net', ports: [443] }], by: 'ann' });
    assert.equal(context().network?.questions.length, 1);
  });

  it('allow nothing that outlives another policy', () => {
    const { say, context } = world();
    say({ type: 'network.change', at: 5, policy: null, allow: [{ host: 'example.org', ports: [443] }], by: 'ann' });
    say({ type: 'network.change', at: 6, policy: { mode: 'allow', allow: [], maxUpBytes: 1, maxDownBytes: 1 }, allow: [{ host: 'example.net', ports: [443] }], by: 'ann' });
    assert.deepEqual(context().network?.allowed, [{ host: 'example.net', ports: [443] }]);
  });
});

it('a clock that was set moves the deadlines of questions about hosts along', () => {
  const { say, context } = world();
  say({ type: 'network.contact', at: 5, host: 'example.org', port: 443 });
  const before = context().network?.questions[0]?.expiresAt ?? 0;
  const step = say({ type: 'clock.jumped', at: 3_600_005, driftMs: 3_600_000 });
  assert.equal(context().network?.questions[0]?.expiresAt, before + 3_600_000);
  assert.equal(step?.commit.approvals[0]?.state, 'pending', 'the listed approval follows');
});

it('a question about a host lies in the inbox with the others', () => {
  const { say, context } = world();
  const step = say({ type: 'network.contact', at: 5, host: 'example.org', port: 443 });
  const [item, more] = inboxOf([{ context: context(), place: placeOf(step?.next.snapshot.value) }]);
  assert.deepEqual([item?.kind, item?.approvalId, item?.words, more], ['approval', 'run-1.approval.1', 'Decide whether the desktop may reach example.org:443', undefined]);
});

describe('rules about hosts', () => {
  const rule = (verdict: 'ask' | 'refuse', ...hosts: string[]) => PolicyRule.parse({ name: `${verdict}-${hosts.length}`, verdict, reason: 'because', when: { hosts } });

  it('ask although the network allows the host, until a person does, and say so in the question', () => {
    const { say, facts, context } = world({ mode: 'open' }, [rule('ask', '*.example.org')]);
    assert.equal(judgeHost(context(), 'example.com', 443).verdict, 'allow');
    assert.equal(judgeHost(context(), 'www.example.org', 443).verdict, 'ask');
    say({ type: 'network.contact', at: 5, host: 'www.example.org', port: 443 });
    const [approval] = facts.flatMap((fact) => (fact.type === 'approval.opened' ? [fact.approval] : []));
    assert.deepEqual([approval?.kind, approval?.network, approval?.rules.map(({ rule: name, reason }) => [name, reason])], ['network', { host: 'www.example.org', port: 443 }, [['ask-1', 'because']]]);
    say({ type: 'approval.decide', at: 6, approvalId: approval?.id ?? '', decision: 'approve', by: 'ann', reason: null });
    assert.equal(judgeHost(context(), 'www.example.org', 443).verdict, 'allow');
    assert.equal(judgeHost(context(), 'mail.example.org', 443).verdict, 'ask');
  });

  it('refuse whoever allowed the host, and whatever policy a person gives the run later', () => {
    const { say, context, facts } = world({}, [rule('refuse', 'bad.org')]);
    assert.deepEqual(judgeHost(context(), 'bad.org', 443), { verdict: 'refuse', rule: 'policy:refuse-1', reason: 'the rule refuse-1 refuses bad.org: because', isQuiet: false });
    say({ type: 'network.change', at: 5, policy: null, allow: [{ host: 'bad.org', ports: [443] }], by: 'ann' });
    assert.equal(judgeHost(context(), 'bad.org', 443).verdict, 'refuse');
    say({ type: 'network.change', at: 6, policy: NetworkPolicy.parse({ mode: 'open' }), allow: [], by: 'ann' });
    assert.equal(judgeHost(context(), 'bad.org', 443).verdict, 'refuse');
    assert.equal(judgeHost(context(), 'good.org', 443).verdict, 'allow');
    say({ type: 'network.decided', at: 7, contact: { host: 'bad.org', port: 443, kind: 'connect', verdict: 'refused', rule: 'policy:refuse-1', reason: 'the rule refuse-1 refuses bad.org: because', address: null } });
    assert.match(notes(facts).join(), /The network refused bad\.org:443: the rule refuse-1 refuses bad\.org: because\./);
  });

  it('give nothing that the network does not', () => {
    const { context } = world({ mode: 'allow', allow: [] }, [rule('ask', '*')]);
    assert.equal(judgeHost(context(), 'example.org', 443).verdict, 'refuse');
  });
});
