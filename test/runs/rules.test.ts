import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Action } from '../../sandbox-image/wire/index.ts';
import { PolicyRule } from '../../controller/policy/rule.ts';
import type { Approval, Edit } from '../../controller/approvals/approval.ts';
import { stepRun } from '../../controller/runs/chart/step-run.ts';
import { conversation, timings } from './conversation.ts';
import { click, frameNamed, newRun, outcomeFor, turnWith } from './random-commands.ts';

const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };
const type = (text: string): Action => ({ type: 'type', text });
const noRoot = PolicyRule.parse({ name: 'no-root', verdict: 'refuse', reason: 'never as root', when: { text: { contains: 'sudo' } } });
const askTyping = PolicyRule.parse({ name: 'typing', verdict: 'ask', reason: 'texts are looked at', when: { actions: ['type'] } });
const call = (callId: string, actions: Action[], safetyChecks: (typeof check)[] = []) => ({ callId, actions, safetyChecks });

/** A run with these rules whose model has answered with these calls. */
function judged(rules: readonly PolicyRule[], calls: Parameters<typeof turnWith>[0]) {
  const run = conversation({ ...newRun(), rules });
  run.ready();
  run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith(calls) });
  const approval = (): Approval => run.context().approval ?? assert.fail('nothing is asked');
  return {
    ...run,
    approval,
    /** The action in flight is performed. */
    perform: (frame = 'f1') => run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed(frame)), timings }),
    decide: (decision: 'approve' | 'deny', edits: readonly Edit[] = []) => run.say({ type: 'approval.decide', approvalId: approval().id, decision, by: 'ann', reason: null, edits }),
    performed: () => run.facts.flatMap((fact) => (fact.type === 'action.ended' ? [fact.action] : [])),
    results: () => run.facts.find((fact) => fact.type === 'turn.ended')?.results ?? [],
  };
}

describe('a turn and the rules of its run', () => {
  it('is performed up to what a rule refuses; the model is told which rule and why', () => {
    const run = judged([noRoot], [call('a', [click, type('ls')]), call('b', [type('x'), type('sudo ls'), type('y')]), call('c', [click])]);
    for (const frame of ['f1', 'f2', 'f3']) run.perform(frame);
    assert.equal(run.place().state, 'awaitingModel');
    assert.deepEqual(run.performed(), [click, type('ls'), type('x')]);
    assert.deepEqual(run.results().map(({ isError }) => isError), [false, true, true]);
    for (const { notes } of run.results().slice(1)) assert.match(notes.join(' '), /Not performed: the rule no-root refuses it: never as root\./);
    assert.deepEqual(run.facts.find((fact) => fact.type === 'policy.judged')?.matches.map(({ rule, call: at, callId, index }) => [rule, at, callId, index]), [['no-root', 1, 'b', 1]]);
  });

  it('is not begun at all when its first action is refused, and asks nobody about what is refused anyway', () => {
    const run = judged([noRoot, askTyping], [call('a', [type('sudo')], [check]), call('b', [type('x')])]);
    assert.equal(run.place().state, 'observing');
    run.answer({ type: 'observed', frame: frameNamed('f2') });
    assert.deepEqual([run.performed(), run.types().includes('approval.opened')], [[], false]);
    assert.deepEqual(run.results().map(({ acknowledged }) => acknowledged), [[], []], 'a check that nobody was asked about is not acknowledged');
  });

  it('refuses text that is divided over turns', () => {
    const run = judged([noRoot], [call('a', [type('su')])]);
    run.perform();
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith([call('b', [type('do ls')])]) });
    run.answer({ type: 'observed', frame: frameNamed('f2') });
    assert.equal(run.place().state, 'awaitingModel');
    assert.deepEqual(run.performed(), [type('su')]);
  });

  it('waits for one decision on checks and rules together, before anything begins', () => {
    const run = judged([askTyping], [call('a', [click]), call('b', [click, type('x')], [check])]);
    assert.equal(run.place().state, 'awaitingSafetyAck');
    const { kind, rules, calls, digest } = run.approval();
    assert.equal(kind, 'safety_check');
    assert.deepEqual(rules, [{ rule: 'typing', reason: 'texts are looked at', callId: 'b', index: 1 }]);
    assert.deepEqual(calls.map(({ callId }) => callId), ['a', 'b']);
    run.decide('approve');
    assert.deepEqual(run.facts.flatMap((fact) => (fact.type === 'approval.ended' ? [[fact.approval.decidedDigest, fact.approval.decidedBy]] : [])), [[digest, 'ann']]);
    for (const frame of ['f1', 'f2', 'f3']) run.perform(frame);
    assert.equal(run.place().state, 'awaitingModel');
    assert.deepEqual(run.types().filter((each) => each === 'approval.opened').length, 1);
  });

  it('asks because of rules alone, and about nothing that a rule refuses', () => {
    const run = judged([askTyping, noRoot], [call('a', [type('x'), type('sudo'), type('y')]), call('b', [click])]);
    assert.equal(run.approval().kind, 'policy');
    assert.deepEqual(run.approval().calls.map(({ actions }) => actions), [[type('x')]]);
    run.decide('approve');
    run.perform();
    assert.equal(run.place().state, 'awaitingModel');
    assert.match(run.results()[0]?.notes.join(' ') ?? '', /The rest of this call: .*no-root/);
  });

  it('is asked about with the command of a tool', () => {
    const tool = { type: 'shell' as const, command: 'ls', restart: false, timeoutMs: 1000 };
    const rule = PolicyRule.parse({ name: 'shell', verdict: 'ask', reason: 'commands are looked at', when: { tools: ['shell'] } });
    const run = judged([rule], [{ callId: 'a', actions: [], tool, safetyChecks: [] }]);
    assert.deepEqual(run.approval().calls[0]?.tool, tool);
    run.decide('deny');
    run.answer({ type: 'observed', frame: frameNamed('f2') });
    assert.equal(run.types().includes('tool.intended'), false);
    assert.match(run.results()[0]?.notes[0] ?? '', /a person denied it/);
  });

  it('does not ask a caller\'s function behind what is refused', () => {
    const asks = { name: 'weather', arguments: '{}' };
    const run = judged([noRoot], [{ callId: 'a', actions: [], asks, safetyChecks: [] }, call('b', [type('sudo')]), { callId: 'c', actions: [], asks, safetyChecks: [] }]);
    assert.deepEqual(run.context().asked.map(({ callId }) => callId), ['a']);
    run.say({ type: 'caller.answer', answers: [{ callId: 'a', output: 'sunny', isError: false }], by: 'ann' });
    run.answer({ type: 'observed', frame: frameNamed('f2') });
    assert.deepEqual(run.results().map(({ isError }) => isError), [false, true, true]);
  });

  it('is judged by the rules with which the run began', () => {
    const run = conversation({ ...newRun(), rules: [noRoot] });
    assert.deepEqual(run.context().rules, [noRoot]);
  });
});

describe('a text that a person edits', () => {
  const edit = (text: string, index = 0): Edit => ({ callId: 'a', index, text });

  it('is what is typed; the journal and the model are told, each digest is kept', () => {
    const run = judged([askTyping], [call('a', [type('rm -rf /'), click])]);
    const { digest } = run.approval();
    run.decide('approve', [edit('ls')]);
    run.perform('f1');
    run.perform('f2');
    const approval = run.facts.find((fact) => fact.type === 'approval.ended')?.approval ?? assert.fail('not ended');
    assert.deepEqual([approval.digest, approval.edits, approval.calls[0]?.actions[0]], [digest, [edit('ls')], type('rm -rf /')]);
    assert.match(approval.decidedDigest ?? '', /^[0-9a-f]{64}$/);
    assert.notEqual(approval.decidedDigest, digest);
    const events = run.facts.flatMap((fact) => (fact.type === 'action.intended' || fact.type === 'action.ended' ? [[fact.type, fact.action.type, fact.editedBy]] : []));
    assert.deepEqual(events, [['action.intended', 'type', 'ann'], ['action.ended', 'type', 'ann'], ['action.intended', 'click', undefined], ['action.ended', 'click', undefined]]);
    assert.deepEqual(run.performed()[0], type('ls'));
    assert.match(run.results()[0]?.notes.join(' ') ?? '', /A person \(ann\) edited your text before it was typed\. This was typed instead: "ls"/);
  });

  it('may stand anywhere in the turn, and in no other action than one that types', () => {
    const calls = [call('a', [click, type('one')]), call('b', [type('two')])];
    const run = judged([askTyping], calls);
    const before = run.state();
    const wrong: readonly Edit[] = [edit('x', 0), edit('x', 7), { callId: 'c', index: 0, text: 'x' }];
    for (const each of wrong) assert.equal(stepRun(before, { type: 'approval.decide', at: 9999, approvalId: run.approval().id, decision: 'approve', by: 'ann', reason: null, edits: [each] }), undefined);
    run.decide('approve', [{ callId: 'b', index: 0, text: 'second' }, edit('first', 1)]);
    for (const frame of ['f1', 'f2', 'f3']) run.perform(frame);
    assert.deepEqual(run.performed(), [click, type('first'), type('second')]);
  });

  it('is not accepted if a rule refuses it; the question stays open', () => {
    const run = judged([askTyping, noRoot], [call('a', [type('su'), type('x')])]);
    const { id } = run.approval();
    for (const edits of [[edit('sudo ls')], [edit('do', 1)]]) {
      assert.equal(stepRun(run.state(), { type: 'approval.decide', at: 9999, approvalId: id, decision: 'approve', by: 'ann', reason: null, edits }), undefined, JSON.stringify(edits));
    }
    assert.equal(run.place().state, 'awaitingSafetyAck');
    run.decide('approve', [edit('ls')]);
    assert.equal(run.place().state, 'executingAction');
  });

  it('is asked about again as it was edited, where the screen changed meanwhile', () => {
    const run = judged([askTyping], [call('a', [click, type('one')])]);
    run.decide('approve', [edit('two', 1)]);
    run.perform();
    run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'refused', frameNamed('f5')), timings });
    const { kind, calls, rules, frameId } = run.approval();
    assert.deepEqual([kind, calls.map(({ actions }) => actions), rules.map(({ index }) => index), frameId], ['stale_target', [[type('two')]], [0], 'f5']);
    run.decide('approve', [edit('three', 0)]);
    run.perform('f6');
    assert.deepEqual(run.performed().filter((action) => action.type === 'type').at(-1), type('three'));
  });
});

describe('what a caller wants done', () => {
  function callers(rules: readonly PolicyRule[]) {
    const run = conversation({ ...newRun({ desktopId: 'd' }, 'caller'), rules });
    run.say({ type: 'admit' });
    run.answer({ type: 'desktop.ready', desktopId: 'd', display: { width: 1280, height: 800 }, launchMs: 5 });
    return run;
  }

  it('is asked about where a rule says so, and withdrawn when the controller starts again', () => {
    const run = callers([askTyping]);
    run.say({ type: 'caller.propose', proposalId: 'p', actions: [click, type('x')], decidedOn: null });
    assert.equal(run.place().state, 'awaitingSafetyAck');
    assert.deepEqual(run.context().approval?.rules, [{ rule: 'typing', reason: 'texts are looked at', callId: 'p', index: 1 }]);
    run.say({ type: 'taken.up' });
    assert.equal(run.place().state, 'awaitingCaller');
    assert.deepEqual(run.facts.flatMap((fact) => (fact.type === 'approval.ended' ? [fact.approval.state] : [])), ['withdrawn']);
  });

  it('goes on after the decision', () => {
    const run = callers([askTyping]);
    run.say({ type: 'caller.propose', proposalId: 'p', actions: [type('x')], decidedOn: null });
    run.say({ type: 'approval.decide', approvalId: run.context().approval?.id, decision: 'approve', by: 'ann', reason: null });
    assert.deepEqual([run.place().state, run.context().approval], ['awaitingCaller', null]);
  });
});

describe('a rule about a window', () => {
  const inTerminal = PolicyRule.parse({ name: 'terminal', verdict: 'refuse', reason: 'nothing in terminals', when: { window: { app: 'XTerm' }, actions: ['type'] } });
  const askTerminal = PolicyRule.parse({ name: 'ask-terminal', verdict: 'ask', reason: 'terminals are looked at', when: { window: { app: 'XTerm' } } });
  const terminal = { app: 'XTerm', title: 'shell' };
  const browser = { app: 'Chromium', title: 'News' };
  const showing = (frame: string, window: typeof terminal | null | undefined) => ({ ...frameNamed(frame), ...(window === undefined ? {} : { window }) });

  /** A run whose model decided this on a frame with this window. */
  function seeing(window: typeof terminal | null | undefined, rules: readonly PolicyRule[], calls: Parameters<typeof turnWith>[0]) {
    const run = conversation({ ...newRun(), rules });
    run.say({ type: 'admit' });
    run.answer({ type: 'desktop.ready', desktopId: run.context().desktopId, display: { width: 1280, height: 800 }, launchMs: 5 });
    run.answer({ type: 'observed', frame: showing('f0', window) });
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turnWith(calls) });
    return {
      ...run,
      sent: () => run.context().awaits ?? assert.fail('nothing is on its way'),
      perform: (frame: string, at: typeof terminal | null | undefined, status: 'performed' | 'refused' = 'performed') =>
        run.answer({ type: 'action.ended', outcome: outcomeFor('x', status, showing(frame, at)), timings }),
      notes: () => run.facts.findLast((fact) => fact.type === 'turn.ended')?.results.flatMap(({ notes }) => notes).join(' ') ?? '',
      performed: () => run.facts.flatMap((fact) => (fact.type === 'action.ended' && fact.outcome.status === 'performed' ? [fact.action] : [])),
    };
  }

  it('is about what is decided while it has the focus, and about everything where that is not known', () => {
    for (const [window, performed] of [[terminal, []], [undefined, []], [browser, [type('ls')]], [null, [type('ls')]]] as const) {
      const run = seeing(window, [inTerminal], [call('a', [type('ls')])]);
      if (performed.length > 0) run.perform('f1', window);
      else run.answer({ type: 'observed', frame: showing('f1', window) });
      assert.deepEqual(run.performed(), performed);
      if (window === undefined) assert.match(run.notes(), /the rule terminal refuses it.*Which window has the focus is not known/);
    }
  });

  it('binds what is sent to the window by which it was judged, in what rules look at', () => {
    const titled = PolicyRule.parse({ name: 'bank', verdict: 'refuse', reason: 'no banks', when: { window: { title: { contains: 'Bank' } } } });
    const bound = (rules: readonly PolicyRule[], window: typeof terminal | null | undefined) => {
      const effect = seeing(window, rules, [call('a', [click])]).sent();
      return 'window' in effect ? effect.window : undefined;
    };
    assert.deepEqual(bound([inTerminal], browser), { app: 'Chromium' });
    assert.deepEqual(bound([titled], browser), { title: 'News' });
    assert.deepEqual(bound([titled, inTerminal], browser), browser);
    assert.deepEqual(bound([titled], { ...browser, title: 'a [secret]' }), {}, 'what was taken out of a title cannot be compared');
    assert.equal(bound([titled], null), null);
    assert.equal(bound([noRoot], browser), undefined);
  });

  it('refuses the rest of a turn once the window has the focus, whatever the turn began with', () => {
    const run = seeing(browser, [inTerminal], [call('a', [click, click, type('ls'), click])]);
    run.perform('f1', browser);
    run.perform('f2', terminal);
    assert.equal(run.place().state, 'awaitingModel');
    assert.deepEqual(run.performed(), [click, click]);
    assert.match(run.notes(), /the rule terminal refuses it: nothing in terminals/);
    assert.deepEqual(run.facts.flatMap((fact) => (fact.type === 'policy.judged' ? fact.matches.map(({ rule, index }) => [rule, index]) : [])), [['terminal', 2]]);
    const stays = seeing(terminal, [inTerminal], [call('a', [click, type('ls')])]);
    stays.perform('f1', terminal);
    assert.match(stays.notes(), /the rule terminal refuses it/, 'the click left the focus where it was');
    const leaves = seeing(terminal, [inTerminal], [call('a', [click, type('ls')])]);
    leaves.perform('f1', browser);
    leaves.perform('f2', browser);
    assert.deepEqual(leaves.performed(), [click, type('ls')]);
  });

  it('asks about the rest of a turn on the frame that shows the window, and once', () => {
    const run = seeing(browser, [askTerminal], [call('a', [click, type('ls'), click])]);
    run.perform('f1', terminal);
    const approval = run.context().approval ?? assert.fail('nothing is asked');
    assert.deepEqual([approval.kind, approval.frameId, approval.calls.map(({ actions }) => actions), approval.rules.map(({ rule, index }) => [rule, index])], ['policy', 'f1', [[type('ls'), click]], [['ask-terminal', 0]]]);
    run.say({ type: 'approval.decide', approvalId: approval.id, decision: 'approve', by: 'ann', reason: null });
    const { sent } = run;
    assert.deepEqual('window' in sent() ? sent() : {}, { ...sent(), window: { app: 'XTerm' } });
    run.perform('f2', terminal);
    run.perform('f3', terminal);
    assert.equal(run.types().filter((each) => each === 'approval.opened').length, 1);
    assert.equal(run.performed().length, 3);
  });

  it('is asked about anew where the approved window had lost the focus', () => {
    const run = seeing(terminal, [askTerminal, PolicyRule.parse({ name: 'bank', verdict: 'refuse', reason: 'no banks', when: { window: { title: { contains: 'Bank' } } } })], [call('a', [click])]);
    run.say({ type: 'approval.decide', approvalId: run.context().approval?.id, decision: 'approve', by: 'ann', reason: null });
    run.perform('f1', { app: 'XTerm', title: 'ssh' }, 'refused');
    assert.equal(run.context().approval?.kind, 'stale_target');
    run.say({ type: 'approval.decide', approvalId: run.context().approval?.id, decision: 'approve', by: 'ann', reason: null });
    const effect = run.sent();
    assert.deepEqual('window' in effect && effect.window, { app: 'XTerm', title: 'ssh' });
    run.perform('f2', { app: 'Chromium', title: 'My Bank' }, 'refused');
    assert.equal(run.place().state, 'awaitingModel', 'what a rule refuses nobody is asked about');
    assert.match(run.notes(), /the rule bank refuses it/);
  });
});
