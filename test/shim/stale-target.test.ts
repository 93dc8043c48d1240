import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Ambience } from '../../sandbox-image/shim/ambience.ts';
import { createFrameStore, type FrameStore } from '../../sandbox-image/shim/frame-store.ts';
import type { Pixels } from '../../sandbox-image/shim/framebuffer.ts';
import { createStaleTargetGuard, type StaleTargetGuard } from '../../sandbox-image/shim/stale-target.ts';
import { Action } from '../../sandbox-image/wire/index.ts';
import { paint } from '../support/pixels.ts';

const size = [640, 320] as const;
const blank = paint(...size);
const button = [280, 140, 60, 30, 0x3366ff] as const;
const withButton = paint(...size, button);
const pointer = { x: 310, y: 155 };
const click = Action.parse({ type: 'click', x: 310, y: 155 });

describe('the stale-target guard', () => {
  let frames: FrameStore;
  let ambience: Ambience;
  let guard: StaleTargetGuard;
  beforeEach(() => {
    frames = createFrameStore(1);
    ambience = new Ambience();
    guard = createStaleTargetGuard(frames, ambience);
  });
  const judge = (decidedOn: string | undefined, now: Pixels, more: { action?: Action; policy?: 'refuse' | 'warn' | 'off'; allowAnimated?: boolean } = {}) =>
    guard.judge({ action: click, policy: 'refuse', allowAnimated: true, ...more, decidedOn }, now, pointer, 10_000);

  it('lets an action pass whose target looks as it did, whatever changed elsewhere', () => {
    const decided = frames.add(withButton, 'action');
    assert.deepEqual(judge(decided, paint(...size, button, [0, 0, 200, 320, 0xff])), { warnings: [] });
    assert.deepEqual(judge(undefined, blank), { warnings: [] });
  });

  it('refuses, warns or passes by policy where the target has changed', () => {
    const decided = frames.add(withButton, 'action');
    assert.match(judge(decided, blank).refusal ?? '', /310,155 has changed since frame/);
    assert.equal(judge(decided, blank, { policy: 'warn' }).warnings.length, 1);
    assert.deepEqual(judge(decided, blank, { policy: 'off' }), { warnings: [] });
  });

  it('looks at the pointer for a click without a place, at both ends of a drag, and at no keys', () => {
    const decided = frames.add(withButton, 'action');
    assert.ok(judge(decided, blank, { action: Action.parse({ type: 'click' }) }).refusal);
    assert.ok(judge(decided, blank, { action: Action.parse({ type: 'drag', path: [{ x: 5, y: 5 }, { x: 310, y: 155 }] }) }).refusal);
    assert.ok(judge(decided, blank, { action: Action.parse({ type: 'mouse_down', x: 310, y: 155 }) }).refusal);
    for (const action of [{ type: 'type', text: 'x' }, { type: 'key', keys: ['a'] }, { type: 'scroll', x: 310, y: 155, dy: 1 }, { type: 'move', x: 310, y: 155 }]) {
      assert.deepEqual(judge(decided, blank, { action: Action.parse(action) }), { warnings: [] });
    }
  });

  it('takes a caret, and a change that nobody can see, for nothing', () => {
    const decided = frames.add(withButton, 'action');
    assert.deepEqual(judge(decided, paint(...size, button, [300, 145, 1, 18, 0xffffff])), { warnings: [] });
    assert.deepEqual(judge(decided, paint(...size, [280, 140, 60, 30, 0x3a6cff])), { warnings: [] });
  });

  it('does not count what the actions of the same decision changed, but what changed on top of it', () => {
    const decided = frames.add(blank, 'action');
    guard.performed(decided, blank, withButton);
    assert.deepEqual(judge(decided, withButton), { warnings: [] });
    const closed = paint(...size, [280, 140, 60, 30, 0xff0000]);
    assert.ok(judge(decided, closed).refusal);
    const other = frames.add(blank, 'action');
    assert.ok(judge(other, withButton).refusal, 'another decision has no such predecessor');
  });

  it('counts what an action of another decision changed', () => {
    const decided = frames.add(blank, 'action');
    guard.performed(undefined, blank, withButton);
    assert.ok(judge(decided, withButton).refusal);
  });

  it('lets a third try pass only where the area is animated and that is allowed', () => {
    const decided = frames.add(blank, 'action');
    for (let round = 0; round < 5; round += 1) assert.ok(judge(decided, withButton).refusal, 'not animated');
    for (let at = 0; at < 6; at += 1) ambience.observe(paint(...size, [280, 140, 60, 30, 0x101010 * (at + 1)]), at * 200, true);
    assert.ok(judge(decided, withButton, { allowAnimated: false }).refusal);
    assert.match(judge(decided, withButton).warnings[0] ?? '', /animated/);
  });

  it('starts counting tries anew at another place', () => {
    const decided = frames.add(blank, 'action');
    const both = paint(...size, button, [500, 20, 60, 60, 0xff]);
    for (let at = 0; at < 6; at += 1) ambience.observe(paint(...size, [280, 140, 60, 30, 0x101010 * (at + 1)]), at * 200, true);
    assert.ok(judge(decided, both).refusal);
    assert.ok(judge(decided, both, { action: Action.parse({ type: 'click', x: 530, y: 50 }) }).refusal);
    assert.ok(judge(decided, both).refusal);
    assert.ok(judge(decided, both).refusal);
    assert.equal(judge(decided, both).warnings.length, 1);
  });

  it('refuses a frame that it does not know any more', () => {
    const first = frames.add(blank, 'action');
    for (let round = 0; round < 20; round += 1) frames.add(paint(...size, [0, 0, round + 1, 1, 1]), 'look');
    for (let round = 0; round < 20; round += 1) frames.add(blank, 'action');
    assert.deepEqual(judge(first, blank), { warnings: [] }, 'neither looks nor an unchanged screen push it out');
    for (let round = 0; round < 8; round += 1) frames.add(paint(...size, [0, 0, round + 1, 1, 1]), 'action');
    assert.match(judge(first, blank).refusal ?? '', /not known any more/);
    assert.equal(judge(first, blank, { policy: 'warn' }).warnings.length, 1);
  });
});
