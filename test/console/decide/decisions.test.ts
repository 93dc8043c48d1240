import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Approval } from '../../../controller/console/api/answers.ts';
import type { Me } from '../../../controller/console/state/me.ts';
import { endOf, groundsOf, stepsOf, titleOf } from '../../../controller/console/decide/asked-words.ts';
import { decisionOf, editsOf, emptyDraft, placeKey, problemOfDraft, replyOf } from '../../../controller/console/decide/draft.ts';
import { mayDecide } from '../../../controller/console/decide/permission.ts';
import { byDeadline, neighbourOf, shownOf } from '../../../controller/console/decide/queue.ts';
import { refusalOf } from '../../../controller/console/decide/refusal-words.ts';
import { pressed } from '../../../controller/console/decide/shortcuts.ts';
import type { Armed, Pressed } from '../../../controller/console/decide/shortcuts.ts';
import { diffTexts } from '../../../controller/console/decide/text-diff.ts';
import { Decision, QuestionReply } from '../../../controller/approvals/approval.ts';
import { sampleApproval } from '../../support/sample-run.ts';

const call = (callId: string, actions: Approval['calls'][number]['actions'], more: Partial<Approval['calls'][number]> = {}) => ({ callId, actions, safetyChecks: [], ...more });
const asked = sampleApproval('run-1.approval.1', 'run-1', {
  kind: 'policy', rules: [{ rule: 'removal', reason: 'something is removed', callId: 'c2', index: 0 }],
  calls: [call('c1', [{ type: 'move', x: 5, y: 6, modifiers: [] }]), call('c2', [{ type: 'type', text: 'rm all\n' }, { type: 'wait', ms: 500 }])],
});

describe('an approval in words', () => {
  it('tells every step in order, the rules that ask beside the action that they ask about', () => {
    assert.deepEqual(stepsOf(asked).map(({ place, text, rules }) => [place, text, rules]), [[0, null, []], [1, 'rm all\n', ['removal']], [2, null, []]]);
  });

  it('shows a command in full, however long it is', () => {
    const command = 'x'.repeat(5000);
    assert.equal(stepsOf(sampleApproval('a', 'r', { calls: [call('c', [], { tool: { type: 'shell', command, restart: false, timeoutMs: 1000 } })] }))[0]?.detail, command);
  });

  it('names who asks: the vendor with its words, a rule by its name, the desktop for a host', () => {
    assert.deepEqual(groundsOf(sampleApproval('a', 'r')), [{ who: 'The model’s vendor', words: 'This starts a program', code: 'irreversible' }]);
    assert.deepEqual(groundsOf(asked), [{ who: 'Rule removal', words: 'something is removed', code: null }]);
    const host = sampleApproval('a', 'r', { kind: 'network', calls: [], network: { host: 'example.org', port: 443 } });
    assert.equal(titleOf(host), 'May it reach example.org:443?');
    assert.match(groundsOf(host)[0]?.words ?? '', /example\.org on port 443/);
  });

  it('says how it ended, expiry as a denial by time', () => {
    assert.equal(endOf({ kind: 'policy', answer: null, state: 'denied', decidedBy: 'ann', reason: 'not that account' }), 'Denied by ann: not that account');
    assert.match(endOf({ kind: 'policy', answer: null, state: 'expired', decidedBy: null, reason: 'nobody decided in time' }), /Denied by time/);
  });
});

describe('a draft', () => {
  const texts = (text: string) => ({ ...emptyDraft, texts: { [placeKey({ callId: 'c2', index: 0 })]: text } });

  it('sends only texts that were changed, and what was seen, as the server takes it', () => {
    assert.deepEqual(editsOf(asked, texts('rm all\n')), []);
    const decision = decisionOf(asked, 'approve', { ...texts('ls\n'), reason: '  this once ' });
    assert.deepEqual(decision, { decision: 'approve', digest: asked.digest, reason: 'this once', edits: [{ callId: 'c2', index: 0, text: 'ls\n' }] });
    assert.doesNotThrow(() => Decision.parse(decision));
  });

  it('answers a question with what was written, or gives it as the reason for none', () => {
    const question = sampleApproval('a', 'r', { kind: 'question', calls: [], question: { text: 'Which?', choices: [] } });
    const draft = { ...emptyDraft, reason: ' the blue one ' };
    assert.match(problemOfDraft(question, emptyDraft) ?? '', /answer/);
    assert.equal(problemOfDraft(question, draft), undefined);
    const replies = [replyOf(question, 'approve', draft), replyOf(question, 'deny', draft), replyOf(question, 'deny', emptyDraft)];
    assert.deepEqual(replies, [{ digest: question.digest, answer: 'the blue one' }, { digest: question.digest, reason: 'the blue one' }, { digest: question.digest }]);
    for (const reply of replies) assert.doesNotThrow(() => QuestionReply.parse(reply));
  });

  it('sends no edits with a denial, and no reason where none was written', () => {
    assert.deepEqual(decisionOf(asked, 'deny', texts('ls')), { decision: 'deny', digest: asked.digest });
  });

  it('cannot be approved with an empty text', () => {
    assert.match(problemOfDraft(asked, texts('')) ?? '', /empty/);
    assert.equal(problemOfDraft(asked, texts('ls')), undefined);
  });
});

describe('diffTexts', () => {
  it('marks the words that were changed, and nothing else', () => {
    assert.deepEqual(diffTexts('rm -rf /tmp/work now', 'rm -r /tmp/other now'), [
      { kind: 'same', text: 'rm -' }, { kind: 'removed', text: 'rf' }, { kind: 'added', text: 'r' }, { kind: 'same', text: ' /tmp/' }, { kind: 'removed', text: 'work' }, { kind: 'added', text: 'other' }, { kind: 'same', text: ' now' },
    ]);
  });

  it('holds both texts whole, whatever they are', () => {
    const texts = fc.array(fc.constantFrom('a', 'bc', ' ', '\n', '-', '你', '🙂'), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(fc.property(texts, texts, (before, after) => {
      const pieces = diffTexts(before, after);
      const without = (kind: string) => pieces.filter((piece) => piece.kind !== kind).map(({ text }) => text).join('');
      assert.deepEqual([without('added'), without('removed')], [before, after]);
    }));
  });

  it('is quick with the longest texts that can be typed', () => {
    const pieces = diffTexts('a b '.repeat(5000), 'c d '.repeat(5000));
    assert.equal(pieces.filter(({ kind }) => kind !== 'added').map(({ text }) => text).join(''), 'a b '.repeat(5000));
  });
});

describe('mayDecide', () => {
  const me = (more: Partial<Me> = {}): Me => ({ name: 'ann', project: 'default', scopes: ['approvals:read', 'approvals:decide'], mayDecideOwn: false, session: null, ...more });

  it('answers as the server does: by right, by who started the run, and only while it waits', () => {
    assert.deepEqual(mayDecide(me(), asked, { startedBy: 'bob' }), { may: true });
    const viewer = mayDecide(me({ scopes: ['approvals:read'] }), asked, { startedBy: 'bob' });
    assert.ok(!viewer.may && /approvals:decide/.test(viewer.why));
    const own = mayDecide(me(), asked, { startedBy: 'ann' });
    assert.ok(!own.may && /started this run/.test(own.why));
    assert.deepEqual(mayDecide(me({ mayDecideOwn: true }), asked, { startedBy: 'ann' }), { may: true });
    assert.equal(mayDecide(me(), { kind: 'policy', state: 'expired' }, null).may, false);
    const question = sampleApproval('a', 'r', { kind: 'question', calls: [], question: { text: 'Which?', choices: [] } });
    assert.deepEqual(mayDecide(me({ scopes: ['runs:control'] }), question, { startedBy: 'ann' }), { may: true }, 'who started a run answers its model');
    assert.match(String(Object.values(mayDecide(me({ scopes: ['approvals:decide'] }), question, null))), /runs:control/);
    assert.equal(mayDecide(null, asked, null).may, false);
  });
});

describe('refusalOf', () => {
  it('names who was first, what they decided and why', () => {
    const refusal = refusalOf({ code: 'conflict', message: 'x', details: { state: 'denied', decidedBy: 'bea', decidedAt: 1, reason: 'no' } });
    assert.deepEqual(refusal, { kind: 'decided', words: 'bea was first and denied it, saying “no”. Your decision was not taken.' });
    assert.match(refusalOf({ code: 'conflict', message: 'x', details: { state: 'expired', decidedBy: null, decidedAt: 1, reason: 'nobody decided in time' } }).words, /Time was up first/);
  });

  it('tells something else asked from a decision made, and leaves other failures in the server’s words', () => {
    assert.equal(refusalOf({ code: 'conflict', message: 'x', details: { digest: 'b' } }).kind, 'changed');
    assert.deepEqual(refusalOf({ code: 'unprocessable', message: 'the rule no-root refuses the edited text: never' }), { kind: 'other', words: 'the rule no-root refuses the edited text: never' });
  });
});

describe('the queue of approvals', () => {
  it('shows the one whose time ends first, and keeps showing it when more urgent ones arrive', () => {
    const waiting = [{ key: 'c', until: null, since: 0 }, { key: 'b', until: 20, since: 1 }, { key: 'a', until: 10, since: 2 }];
    assert.deepEqual(byDeadline(waiting).map(({ key }) => key), ['a', 'b', 'c']);
    const shown = shownOf(['a', 'b'], { key: null, place: 0 });
    assert.deepEqual(shown, { key: 'a', place: 0 });
    assert.deepEqual(shownOf(['c', 'a', 'b'], shown), { key: 'a', place: 1 });
    assert.deepEqual(shownOf(['c', 'b'], { key: 'a', place: 1 }), { key: 'b', place: 1 }, 'the one in its place is next');
    assert.deepEqual(shownOf([], { key: 'a', place: 1 }), { key: null, place: 0 });
  });

  it('goes around at both ends', () => {
    assert.deepEqual([neighbourOf(['a', 'b', 'c'], 'c', 1), neighbourOf(['a', 'b', 'c'], 'a', -1), neighbourOf([], null, 1)], ['a', 'c', null]);
  });
});

describe('shortcuts', () => {
  const press = (key: string, at: number, more: Partial<Pressed> = {}): Pressed => ({ key, at, isTyping: false, hasModifier: false, isRepeated: false, ...more });
  const play = (...keys: readonly Pressed[]) => {
    let armed: Armed = null;
    return keys.flatMap((key) => {
      const next = pressed(armed, key);
      armed = next.armed;
      return next.shortcut ?? [];
    });
  };

  it('takes two keys within their time', () => {
    assert.deepEqual(play(press('g', 0), press('a', 300), press('g', 1000), press('d', 1400)), ['approve', 'deny']);
    assert.deepEqual(play(press('g', 0), press('a', 1600)), [], 'too late');
    assert.deepEqual(play(press('a', 0), press('d', 10)), [], 'no single key');
    assert.deepEqual(play(press('g', 0), press('x', 10), press('a', 20)), [], 'another key between');
  });

  it('takes nothing that is typed into a field, held down or pressed with a modifier', () => {
    assert.deepEqual(play(press('g', 0), press('a', 10, { isTyping: true })), []);
    assert.deepEqual(play(press('g', 0, { isTyping: true }), press('a', 10)), []);
    assert.deepEqual(play(press('g', 0), press('a', 10, { isRepeated: true })), []);
    assert.deepEqual(play(press('g', 0), press('a', 10, { hasModifier: true })), []);
  });

  it('never comes of mashing Enter, Space and Tab', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('Enter', ' ', 'Tab', 'Escape', 'g'), { maxLength: 60 }), (keys) => {
      assert.deepEqual(play(...keys.map((key, index) => press(key, index * 30))), []);
    }));
  });
});
