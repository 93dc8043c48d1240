import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Action } from '../../sandbox-image/wire/index.ts';
import type { ActionInput } from '../../sandbox-image/wire/index.ts';
import type { DesktopTool } from '../../controller/dialects/transcript.ts';
import type { Focus } from '../../controller/policy/focus.ts';
import { judge, verdictOf } from '../../controller/policy/judge.ts';
import type { JudgedCall } from '../../controller/policy/judge.ts';
import { ActionKind, PolicyRule, verdicts } from '../../controller/policy/rule.ts';
import { lineAfter, textTypedBy } from '../../controller/policy/typed-text.ts';

const rule = (when: object, verdict: 'ask' | 'refuse' = 'refuse', name = 'r') => PolicyRule.parse({ name, verdict, reason: 'because', when });
const act = (...actions: ActionInput[]): JudgedCall => ({ callId: 'c', actions: actions.map((action) => Action.parse(action)) });
const use = (tool: DesktopTool): JudgedCall => ({ callId: 't', actions: [], tool });
const shell = (command: string) => use({ type: 'shell', command, restart: false, timeoutMs: 1000 });
const type = (text: string): ActionInput => ({ type: 'type', text });
const key = (...keys: string[]): ActionInput => ({ type: 'key', keys });
const sudo = rule({ text: { matches: '\\bsudo\\b' } });
/** Where the rule is first about the calls: call and action. */
const placeOf = (given: PolicyRule, calls: readonly JudgedCall[], line = '') => judge([given], calls, line).map(({ call, index }) => [call, index]);

describe('judge', () => {
  it('looks through so much and no more for all rules together; what is not looked through counts as found, last rules first', () => {
    const heavy = (name: string) => rule({ text: { matches: '(?:a|b|ab|ba|a*b){5}(?:aa|bb|ab){6}zzz' } }, 'ask', name);
    const names = Array.from({ length: 100 }, (_, index) => `r${index}`);
    const calls = [act(...Array.from({ length: 14 }, () => type('ab'.repeat(1000))))];
    const began = process.cpuUsage();
    const found = judge(names.map(heavy), calls).map((match) => match.rule);
    const seconds = (process.cpuUsage(began).user + process.cpuUsage(began).system) / 1e6;
    assert.ok(seconds < 6, `${seconds} s of processor; all rules, each by itself, take ten times as long`);
    assert.ok(found.length > 90 && !found.includes('r0') && found.includes('r99'), found.join());
    assert.deepEqual(judge(names.map(heavy), [act(type('ab'.repeat(100)))]), [], 'what is short is looked through by all');
  });

  it('knows every kind of action that there is', () => {
    assert.deepEqual(ActionKind.options.toSorted(), Action.options.map((option) => option.shape.type.value).toSorted());
  });

  it('finds kinds of action, and the first of them', () => {
    assert.deepEqual(placeOf(rule({ actions: ['drag', 'scroll'] }), [act(type('x')), act({ type: 'wait', ms: 1 }, { type: 'scroll', dy: 1 }, { type: 'scroll', dy: 1 })]), [[1, 1]]);
    assert.deepEqual(placeOf(rule({ actions: ['drag'] }), [act({ type: 'click' })]), []);
  });

  it('finds text in what is typed, however it is divided', () => {
    const whole = [act(type('please sudo ls'))];
    assert.deepEqual(placeOf(sudo, whole), [[0, 0]]);
    for (const divided of [
      [act(type('su'), type('do ls'))],
      [act(type('su')), act({ type: 'wait', ms: 5 }), act(type('do'))],
      [act(type('s'), key('u'), { type: 'key', keys: ['d'] }, key('o'))],
      [act(type('su'), { type: 'click', x: 3, y: 3 }, type('do'))],
      [act({ type: 'hold', keys: ['s'], ms: 1 }, { type: 'key_down', key: 'u' }, type('do'))],
    ]) assert.deepEqual(placeOf(sudo, divided), [[0, 0]], JSON.stringify(divided));
    assert.deepEqual(placeOf(rule({ text: { contains: 'aa' } }), [act(type('x'), { type: 'key', keys: ['a'], repeat: 2 })]), [[0, 1]]);
    assert.deepEqual(placeOf(sudo, [act(type('first'), key('enter'), type('su'), type('do'))]), [[0, 2]], 'the step in which it begins');
    assert.deepEqual(placeOf(rule({ text: { contains: 'A b' } }), [act(key('shift', 'a'), key('space'), type('b'))]), [[0, 0]]);
  });

  it('looks behind what stands in the line already, and not for what was there before', () => {
    assert.deepEqual(placeOf(sudo, [act({ type: 'wait', ms: 1 }, type('do '))], 'su'), [[0, 1]]);
    assert.deepEqual(placeOf(sudo, [act(type(' ls'))], 'sudo'), []);
    assert.deepEqual(placeOf(rule({ text: { contains: 'sudo' } }), [act(type('do'))], 'su'), [[0, 0]]);
    assert.deepEqual(placeOf(rule({ text: { contains: 'sudo' } }), [act(type(' ls'))], 'sudo'), []);
  });

  it('looks into commands and files, only where a rule says so', () => {
    const file: DesktopTool = { type: 'create', path: 'x/run.sh', text: 'sudo ls' };
    assert.deepEqual(placeOf(sudo, [act(type('x')), shell('sudo ls')]), [[1, 0]]);
    assert.deepEqual(placeOf(sudo, [use(file)]), [[0, 0]]);
    assert.deepEqual(placeOf(rule({ tools: ['shell'], text: { contains: 'sudo' } }), [use(file), act(type('sudo')), shell('sudo')]), [[2, 0]]);
    assert.deepEqual(placeOf(rule({ actions: ['type'], text: { contains: 'sudo' } }), [use(file), act(type('sudo'))]), [[1, 0]]);
    assert.deepEqual(placeOf(rule({ tools: ['editor'], text: { contains: 'run.sh' } }), [use({ type: 'view', path: 'run.sh' })]), [[0, 0]]);
    assert.deepEqual(placeOf(rule({ tools: ['shell'] }), [shell('ls')]), [[0, 0]]);
    assert.deepEqual(placeOf(rule({ tools: ['shell'] }), [use(file)]), []);
  });

  it('looks at the window that has the focus, and counts where that is not known', () => {
    const terminal = { app: 'XTerm', title: 'agent@desktop: ~' };
    const about = (when: object, focus?: Focus, ...calls: JudgedCall[]) => judge([rule(when)], calls, '', { focus }).map(({ index, isWindowUnknown }) => [index, isWindowUnknown]);
    const turn = act({ type: 'wait', ms: 1 }, type('sudo'), { type: 'click', x: 1, y: 1 }, type('sudo'));
    for (const [when, index] of [
      [{ window: { app: 'xterm' } }, 1], [{ window: { title: { matches: '^agent@.*~$' } } }, 1], [{ window: { app: 'XTerm', title: { contains: 'desktop' } }, actions: ['wait'] }, 0],
      [{ window: { app: 'XTerm' }, text: { contains: 'sudo' } }, 1], [{ window: { app: 'XTerm' }, region: { x: 0, y: 0, width: 9, height: 9 } }, 2],
    ] as const) {
      assert.deepEqual(about(when, terminal, turn), [[index, undefined]], JSON.stringify(when));
      for (const other of [{ app: 'Chromium', title: 'Bank' }, null]) assert.deepEqual(about(when, other, turn), [], JSON.stringify([when, other]));
      assert.deepEqual(about(when, undefined, turn), [[index, true]]);
    }
    const elsewhere = { window: { app: 'Chromium', title: { contains: 'Sign in' }, except: true }, text: { contains: '{{secret:bank}}' } };
    const secret = act(type('{{secret:bank}}'));
    assert.deepEqual(about(elsewhere, { app: 'chromium', title: 'Sign in - Bank' }, secret), []);
    for (const other of [{ app: 'Chromium', title: 'News' }, terminal, null]) assert.deepEqual(about(elsewhere, other, secret), [[0, undefined]], JSON.stringify(other));
    assert.deepEqual(about(elsewhere, undefined, secret), [[0, true]]);
    assert.deepEqual(about({ window: { app: 'XTerm' }, actions: ['type'] }, terminal, act({ type: 'click', x: 1, y: 1 }, type('x'))), [], 'who has the focus after a click is not known yet');
    assert.deepEqual(about({ window: { app: 'XTerm', title: { contains: 'bank' } } }, terminal, turn), [], 'both have to be so');
    assert.deepEqual(about({ window: { app: 'XTerm' }, text: { contains: 'sudo' } }, terminal, shell('sudo')), [], 'a tool works beside the windows');
    assert.equal(PolicyRule.safeParse({ name: 'r', verdict: 'ask', reason: 'x', when: { window: {} } }).success, false);
    assert.equal(PolicyRule.safeParse({ name: 'r', verdict: 'ask', reason: 'x', when: { window: { app: 'X' }, tools: ['shell'] } }).success, false);
  });

  it('judges from a step on', () => {
    const turn = [act({ type: 'click' }, type('x')), act({ type: 'click' })];
    assert.deepEqual(judge([rule({ actions: ['click'] })], turn, '', { from: { call: 0, index: 1 } }).map(({ call, index }) => [call, index]), [[1, 0]]);
  });

  it('holds for found what is too much to look through', () => {
    const large = rule({ text: { matches: 'x{200}y{200}z' } });
    assert.deepEqual(placeOf(large, [act(type('a'.repeat(10_000)))]), []);
    assert.deepEqual(placeOf(large, [act(type('a'.repeat(13_000)))]), [[0, 0]]);
  });

  it('names the rules, strictest first', () => {
    const rules = [rule({ actions: ['click'] }, 'ask', 'one'), rule({ actions: ['type'] }, 'refuse', 'two')];
    const matches = judge(rules, [act({ type: 'click' }, type('x'))]);
    assert.deepEqual(matches.map(({ rule: name, verdict, reason, callId, index }) => [name, verdict, reason, callId, index]), [['two', 'refuse', 'because', 'c', 1], ['one', 'ask', 'because', 'c', 0]]);
    assert.equal(verdictOf(matches), 'refuse');
    assert.equal(verdictOf([]), 'allow');
  });

  const anyRule = fc.record({
    name: fc.constantFrom('a', 'b', 'c'), verdict: fc.constantFrom('ask' as const, 'refuse' as const), reason: fc.constant('because'),
    when: fc.oneof(fc.record({ actions: fc.constantFrom(['click'], ['type'], ['key', 'wait']) }), fc.record({ text: fc.record({ contains: fc.constantFrom('a', 'ab', 'b\n') }) }), fc.record({ tools: fc.constant(['shell']) })),
  }).map((given) => PolicyRule.parse(given));
  const anyCall = fc.oneof(
    fc.array(fc.constantFrom<ActionInput>(type('a'), type('b'), key('enter'), key('a'), { type: 'click' }, { type: 'wait', ms: 1 }), { maxLength: 5 }).map((actions) => act(...actions)),
    fc.constantFrom('ls', 'ab').map(shell),
  );
  const anyRules = fc.array(anyRule, { maxLength: 4 });
  const anyCalls = fc.array(anyCall, { maxLength: 4 });

  it('is never milder with more rules, nor lets anything begin that fewer rules hold back', () => {
    const firstHeld = (rules: readonly PolicyRule[], calls: readonly JudgedCall[], verdict: 'ask' | 'refuse') => {
      const place = judge(rules, calls).filter((match) => verdicts.indexOf(match.verdict) >= verdicts.indexOf(verdict)).map(({ call, index }) => call * 100 + index);
      return Math.min(Number.POSITIVE_INFINITY, ...place);
    };
    fc.assert(fc.property(anyRules, anyRules, anyCalls, (rules, more, calls) => {
      const [few, many] = [verdictOf(judge(rules, calls)), verdictOf(judge([...rules, ...more], calls))];
      assert.ok(verdicts.indexOf(many) >= verdicts.indexOf(few));
      for (const verdict of ['ask', 'refuse'] as const) assert.ok(firstHeld([...more, ...rules], calls, verdict) <= firstHeld(rules, calls, verdict));
    }), { numRuns: 500, seed: 3 });
  });

  it('gives the same verdict on typed text however it is divided', () => {
    const words = fc.array(fc.constantFrom('a', 'b', '\n', ' '), { minLength: 1, maxLength: 8 }).map((letters) => letters.join(''));
    const textRule = fc.constantFrom('a', 'ab', 'b\\n', 'a.b', 'a +b').map((matches) => rule({ text: { matches } }));
    fc.assert(fc.property(textRule, words, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.nat(8), (given, text, cuts, asBefore) => {
      const pieces = [...text].reduce<string[]>((made, letter, index) => (made.length === 0 || cuts[index] === true ? [...made, letter] : [...made.slice(0, -1), `${made.at(-1)}${letter}`]), []);
      const one = verdictOf(judge([given], [act(type(text))]));
      assert.equal(verdictOf(judge([given], [act(...pieces.map(type))])), one);
      const before = pieces.slice(0, asBefore).flatMap((piece) => act(type(piece)).actions);
      const turns = [judge([given], [act(...pieces.slice(0, asBefore).map(type))]), judge([given], [act(...pieces.slice(asBefore).map(type))], before.reduce(lineAfter, ''))];
      if (!before.some((action) => textTypedBy(action).includes('\n'))) assert.equal(verdictOf(turns.flat()), one, 'over two turns');
    }), { numRuns: 500, seed: 5 });
  });
});

describe('the line that is being typed', () => {
  it('begins anew with a line feed and is bounded', () => {
    const after = (...actions: ActionInput[]) => act(...actions).actions.reduce(lineAfter, '');
    assert.equal(after(type('one\ntwo'), key('x'), { type: 'click' }), 'twox');
    assert.equal(after(type('one'), key('enter')), '');
    assert.equal(after(type('x'.repeat(2000))).length, 500);
    assert.equal(after(key('ctrl', 'v')), '');
  });
});
