import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { play } from '../../controller/rehearsal/play.ts';
import type { Move } from '../../controller/rehearsal/play.ts';
import type { PlayState } from '../../controller/rehearsal/play-state.ts';
import type { Screen } from '../../controller/rehearsal/screen.ts';
import { Script } from '../../controller/rehearsal/script.ts';
import { constructedScreen } from './constructed-screen.ts';

const fine = { failed: false } as const;
const script = (...steps: object[]): Script => Script.parse({ name: 'test', example: 'x', tasks: ['x'], steps: [...steps, { name: 'end', answer: 'The end' }] });
const at = (step: string, more: Partial<PlayState> = {}): PlayState => ({ script: 'test', step, phase: 'entering', tries: 0, values: {}, ...more });
const empty = constructedScreen();

function callOf(move: Move): Extract<Move, { kind: 'call' }> {
  assert.ok(move.kind === 'call', `${move.kind}: ${'text' in move ? move.text : ''}`);
  return move;
}

const actions = async (screen: Screen, list: object[], values: Record<string, string> = {}) => callOf(await play(script({ name: 'act', actions: list }), at('act', { values }), screen, fine)).actions;

describe('actions of a script', () => {
  const screen = constructedScreen(['File Edit Save', 100, 50], ['Save', 100, 200], ['Save', 500, 200], ['Name', 400, 210]);

  it('click where a text stands', async () => {
    assert.deepEqual(await actions(screen, [{ click: { text: '^Save$' } }]), [{ type: 'click', button: 'left', x: 120, y: 210 }]);
    assert.deepEqual(await actions(screen, [{ click: { text: 'Edit' } }]), [{ type: 'click', button: 'left', x: 170, y: 60 }]);
    assert.deepEqual(await actions(screen, [{ click: { text: '^Save$', nth: -1, side: 'left', dx: 3, dy: -4 }, button: 'right', keys: ['CTRL'] }]), [{ type: 'click', button: 'right', x: 505, y: 206, keys: ['CTRL'] }]);
    assert.deepEqual(await actions(screen, [{ doubleClick: { text: '^Save$', near: 'Name' } }]), [{ type: 'double_click', x: 520, y: 210, keys: null }]);
  });

  it('act at places that need no reading', async () => {
    assert.deepEqual(await actions(screen, [{ move: { shareX: 0.5, shareY: 1 } }, { click: { left: 20, bottom: 10 } }, { scroll: { x: 5, y: 6 }, y: 300 }]), [
      { type: 'move', x: 499, y: 799 }, { type: 'click', button: 'left', x: 20, y: 790 }, { type: 'scroll', x: 5, y: 6, scroll_x: 0, scroll_y: 300 },
    ]);
  });

  it('drag by a number of the task', async () => {
    const target = { text: '^Name$', side: 'left' };
    assert.deepEqual(await actions(screen, [{ drag: target, to: { ...target, along: { value: 'rating', pixels: 2.5 } } }], { rating: '40' }), [{ type: 'drag', path: [{ x: 402, y: 220 }, { x: 502, y: 220 }] }]);
  });

  it('type what the task said, quoted where a program reads it', async () => {
    const values = { text: 'it\'s "so" \\ $HOME', file: "a'b" };
    assert.deepEqual(await actions(screen, [{ type: 'print({{text|python}}) {{file|shell}} {{text}}\n' }, { press: ['CTRL', 'S'] }], values), [
      { type: 'type', text: 'print("it\'s \\"so\\" \\\\ $HOME") \'a\'\\\'\'b\' it\'s "so" \\ $HOME\n' }, { type: 'keypress', keys: ['CTRL', 'S'] },
    ]);
  });

  it('ask for a person first where the step says so', async () => {
    const check = { code: 'malicious_instructions', message: 'Sure?' };
    assert.deepEqual(callOf(await play(script({ name: 'act', actions: [{ press: ['A'] }], check }), at('act'), empty, fine)).check, check);
  });
});

describe('play', () => {
  const click = { name: 'click', actions: [{ click: { text: '^Go$' } }], expect: { text: '^Gone$' }, tries: 3 };

  it('looks again until a text is there, and gives up with a refusal that names it', async () => {
    let state = at('click');
    for (const tries of [1, 2]) {
      const move = callOf(await play(script(click), state, empty, fine));
      assert.deepEqual(move.actions, [{ type: 'wait' }]);
      assert.deepEqual([move.state.tries, move.state.phase], [tries, 'entering']);
      ({ state } = move);
    }
    const last = await play(script(click), state, empty, fine);
    assert.deepEqual(last, { kind: 'refuse', text: 'I could not go on at click. I did not find ^Go$ on the screen, after 3 looks.' });
  });

  it('goes on only when what it expects has come', async () => {
    const acted = callOf(await play(script(click), at('click'), constructedScreen(['Go', 5, 5]), fine)).state;
    assert.equal(acted.phase, 'acted');
    const waiting = callOf(await play(script(click), acted, constructedScreen(['Go', 5, 5]), fine));
    assert.deepEqual([waiting.actions, waiting.state.phase], [[{ type: 'wait' }], 'waiting']);
    assert.deepEqual(await play(script(click), waiting.state, constructedScreen(['Gone', 5, 5]), fine), { kind: 'answer', text: 'The end' });
  });

  it('acts again after an action that was refused, but not after a wait that was', async () => {
    const failed = { failed: true, said: 'Not performed as asked: stale target' } as const;
    const screen = constructedScreen(['Go', 5, 5]);
    assert.equal(callOf(await play(script(click), at('click', { phase: 'acted' }), screen, failed)).actions.length, 1);
    assert.deepEqual(callOf(await play(script(click), at('click', { phase: 'waiting' }), screen, failed)).actions, [{ type: 'wait' }]);
    assert.equal((await play(script(click), at('click', { phase: 'acted', tries: 2 }), screen, failed)).kind, 'refuse');
  });

  it('never types a second time what may have been typed', async () => {
    const typing = script({ name: 'type', actions: [{ type: 'rm' }] });
    for (const said of ['type was begun and not completed. 3 characters were typed.', 'Whether type was performed is not known']) {
      assert.equal((await play(typing, at('type', { phase: 'acted' }), empty, { failed: true, said })).kind, 'refuse');
    }
    assert.equal((await play(typing, at('type', { phase: 'acted' }), empty, { failed: true, said: 'type was not performed: a person is in control' })).kind, 'call');
  });

  it('repeats a step until something is there, within bounds', async () => {
    const scroll = script({ name: 'down', actions: [{ scroll: { x: 1, y: 1 }, y: 500 }], until: { text: 'Submit' }, tries: 2 });
    const first = callOf(await play(scroll, at('down'), empty, fine));
    const second = callOf(await play(scroll, first.state, empty, fine));
    assert.deepEqual([second.actions, second.state.tries], [first.actions, 1]);
    assert.deepEqual(await play(scroll, second.state, constructedScreen(['Submit', 5, 5]), fine), { kind: 'answer', text: 'The end' });
    assert.equal((await play(scroll, second.state, empty, fine)).kind, 'refuse');
  });

  it('asks a person, and goes on with the answer; without one it ends', async () => {
    const asking = script({ name: 'ask', ask: { question: 'Which {{what}}?', choices: ['a {{what}}'], as: 'word' } }, { name: 'tell', answer: 'It is {{word}}' });
    const move = await play(asking, at('ask', { values: { what: 'word' } }), empty, fine);
    assert.ok(move.kind === 'ask', move.kind);
    assert.deepEqual([move.question, move.choices, move.state.phase], ['Which word?', ['a word'], 'acted']);
    assert.deepEqual(await play(asking, move.state, empty, { failed: false, answer: 'harbour' }), { kind: 'answer', text: 'It is harbour' });
    assert.deepEqual(await play(asking, move.state, empty, { failed: true, said: 'Nobody answered in time.' }), { kind: 'refuse', text: 'I could not go on at ask. Nobody answered in time.' });
    assert.equal((await play(asking, move.state, empty, fine)).kind, 'refuse');
  });

  it('branches: leaves out steps, takes another way, leads elsewhere', async () => {
    const branching = script(
      { name: 'close-hint', when: { text: 'Hint' }, actions: [{ press: ['ESC'] }] },
      { name: 'click', actions: [{ click: { text: '^Go$' } }], tries: 1, orElse: 'other' },
      { name: 'not-here', refuse: 'wrong', when: { noText: 'Go' } },
      { name: 'other', actions: [{ press: ['F5'] }], next: 'end' },
    );
    assert.deepEqual(callOf(await play(branching, at('close-hint'), constructedScreen(['Hint', 1, 1]), fine)).actions, [{ type: 'keypress', keys: ['ESC'] }]);
    const other = callOf(await play(branching, at('close-hint'), empty, fine));
    assert.deepEqual([other.state.step, other.actions], ['other', [{ type: 'keypress', keys: ['F5'] }]]);
    assert.deepEqual(await play(branching, other.state, empty, fine), { kind: 'answer', text: 'The end' });
  });

  const reading = script({ name: 'read', read: { after: '^output {{mark}} begins$', before: '^output {{mark}} ends$', pattern: '^\\d+$', as: 'number' }, answer: 'It is {{number}}', tries: 2 });
  const values = { mark: '4711' };

  it('answers with what stands between two lines of its own', async () => {
    const screen = constructedScreen(['output 1234 begins', 10, 10], ['99', 10, 30], ['output 1234 ends', 10, 50], ['output 4711 begins', 10, 100], ['42', 10, 130], ['output 4711 ends', 10, 160]);
    assert.deepEqual(await play(reading, at('read', { values }), screen, fine), { kind: 'answer', text: 'It is 42' });
  });

  it('does not answer with what it cannot read twice alike, or what is no number', async () => {
    const lines = [['output 4711 begins', 10, 100], ['4z', 10, 130], ['output 4711 ends', 10, 160]] as const;
    assert.equal((await play(reading, at('read', { values }), constructedScreen(...lines), fine)).kind, 'call');
    const unsure = { ...constructedScreen(...lines), readExactly: () => Promise.resolve(null) };
    assert.equal((await play(reading, at('read', { values, tries: 1 }), unsure, fine)).kind, 'refuse');
  });

  it('takes a part of a line', async () => {
    const taking = script({ name: 'take', take: { pattern: 'Number: (\\d+)', as: 'number' }, answer: '{{number}}' });
    assert.deepEqual(await play(taking, at('take'), constructedScreen(['Your Number: 17 is', 10, 10]), fine), { kind: 'answer', text: '17' });
  });

  it('ends a script that leads in a circle', async () => {
    const circle = script({ name: 'one', next: 'two' }, { name: 'two', next: 'one' });
    const move = await play(circle, at('one'), empty, fine);
    assert.ok(move.kind === 'refuse' && /circle/.test(move.text));
  });
});
