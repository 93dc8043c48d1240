import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ambience } from '../../sandbox-image/shim/ambience.ts';
import type { Pixels } from '../../sandbox-image/shim/framebuffer.ts';
import { effectOf, settle } from '../../sandbox-image/shim/settle.ts';
import { paint, scriptedWorld } from '../support/pixels.ts';

const options = { floorMs: 50, quietMs: 80, ceilingMs: 2000 };
const never = new AbortController().signal;
const size = [320, 160] as const;
const blank = paint(...size);
const caret = [40, 20, 2, 16, 0xffffff] as const;
const withCaret = paint(...size, caret);

/** An ambience that has watched two screens alternate every `periodMs`, sampled every 200 ms. */
function watched(a: Pixels, b: Pixels, periodMs: number, forMs: number): { ambience: Ambience; at: number } {
  const ambience = new Ambience();
  let at = 0;
  for (; at <= forMs; at += 200) ambience.observe(Math.floor(at / periodMs) % 2 === 0 ? a : b, at, true);
  return { ambience, at };
}

describe('settle', () => {
  const run = (frames: readonly (readonly [number, Pixels])[], ambience = new Ambience(), given = options) => settle(blank, given, { ...scriptedWorld(frames), ambience }, never);

  it('waits the floor when nothing changes, and no longer', async () => {
    const { settled, waitedMs } = await run([[0, blank]]);
    assert.deepEqual([settled, waitedMs], [true, 50]);
  });

  it('waits the quiet time after the last of several changes', async () => {
    const steps = [30, 100, 170].map((from, index) => [from, paint(...size, [0, 0, 100, 20 * (index + 1), 0xff])] as const);
    const { settled, waitedMs, after } = await run([[0, blank], ...steps]);
    assert.equal(settled, true);
    assert.ok(waitedMs >= 250 && waitedMs < 270, `${waitedMs}`);
    assert.equal(after, steps[2]?.[1]);
  });

  it('gives up at the ceiling where something never stops, and says so', async () => {
    const spinner = Array.from({ length: 200 }, (_, index) => [index * 30, paint(...size, [100, 50, 40, 40, index * 1000 + 1])] as const);
    const { settled, waitedMs } = await run(spinner);
    assert.deepEqual([settled, waitedMs], [false, 2000]);
  });

  it('does not wait for a caret that it knows', async () => {
    const { ambience } = watched(blank, withCaret, 600, 3000);
    const world = scriptedWorld([[0, blank], [20, withCaret]]);
    const { settled, waitedMs } = await settle(blank, options, { ...world, now: () => world.now() + 3200, ambience }, never);
    assert.deepEqual([settled, waitedMs], [true, 50]);
  });

  it('does not take a spinner for a caret, however small', async () => {
    const { ambience, at } = watched(blank, withCaret, 200, 3000);
    const dot = paint(...size, [40, 20, 8, 8, 0xff]);
    assert.equal(ambience.material([{ tile: 22, pixels: 64, left: 40, top: 20, right: 47, bottom: 27 }], dot, at).length, 1);
  });

  it('ends at once when aborted', async () => {
    const { settled } = await settle(blank, options, { ...scriptedWorld([[0, blank]]), ambience: new Ambience() }, AbortSignal.abort());
    assert.equal(settled, false);
  });
});

describe('effectOf', () => {
  it('says nothing for the blinking of a known caret, in either direction', () => {
    const { ambience, at } = watched(blank, withCaret, 600, 3000);
    assert.deepEqual(effectOf(blank, withCaret, ambience, at), { kind: 'nothing' });
    assert.deepEqual(effectOf(withCaret, blank, ambience, at), { kind: 'nothing' });
  });

  it('sees a character typed where the caret blinks', () => {
    const { ambience, at } = watched(blank, withCaret, 600, 3000);
    const typed = paint(...size, [40, 24, 1, 12, 0xffffff], [45, 20, 2, 16, 0xffffff]);
    assert.equal(effectOf(withCaret, typed, ambience, at).kind, 'changed');
  });

  it('knows a caret by its shape after it was seen to appear once', () => {
    const ambience = new Ambience();
    ambience.observe(blank, 0, true);
    ambience.observe(withCaret, 100, false);
    assert.deepEqual(effectOf(withCaret, blank, ambience, 400), { kind: 'nothing' });
    const elsewhere = paint(...size, [200, 20, 2, 16, 0xffffff]);
    assert.equal(effectOf(blank, elsewhere, ambience, 400).kind, 'changed');
  });

  it('says nothing when a seldom digit of a known clock changes with its last one', () => {
    const ambience = new Ambience();
    const clock = (second: number) => paint(...size, [160, 100, 6, 10, 0x10101 * (Math.floor(second / 10) + 1)], [200, 100, 6, 10, 0x10101 * ((second % 10) + 1)]);
    for (let at = 0; at <= 6000; at += 200) ambience.observe(clock(13 + Math.floor(at / 1000)), at, true);
    assert.deepEqual(effectOf(clock(19), clock(20), ambience, 7100), { kind: 'nothing' });
    const more = paint(...size, [160, 100, 6, 40, 0xff], [200, 100, 6, 10, 0x10101]);
    assert.equal(effectOf(clock(19), more, ambience, 7100).kind, 'changed');
  });

  it('still knows a clock that ticked while an action was under way', () => {
    const ambience = new Ambience();
    const clock = (second: number) => paint(...size, [200, 100, 20, 16, 0x10101 * (second + 1)]);
    for (let at = 0; at <= 12_000; at += 200) ambience.observe(clock(Math.floor(at / 1000)), at, at < 6000 || at % 1000 !== 0);
    assert.deepEqual(effectOf(clock(12), clock(13), ambience, 13_100), { kind: 'nothing' });
  });

  it('says nothing for a ticking clock, but sees a large picture that changes at the same pace', () => {
    const clock = (second: number, width: number) => paint(...size, [200, 100, width, 16, 0x10101 * (second + 1)]);
    for (const [width, kind] of [[60, 'nothing'], [100, 'nothing'], [318 - 200, 'nothing'], [20, 'nothing']] as const) {
      const ambience = new Ambience();
      for (let at = 0; at <= 6000; at += 200) ambience.observe(clock(Math.floor(at / 1000), width), at, true);
      assert.equal(effectOf(clock(6, width), clock(9, width), ambience, 6900).kind, kind, `${width}`);
    }
    const large = (second: number) => paint(...size, [10, 10, 300, 140, 0x10101 * (second + 1)]);
    const ambience = new Ambience();
    for (let at = 0; at <= 6000; at += 200) ambience.observe(large(Math.floor(at / 1000)), at, true);
    assert.equal(effectOf(large(6), large(9), ambience, 6900).kind, 'changed');
  });
});
