import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readKeymap, slotOf, spareKeycodes } from '../../sandbox-image/shim/keymap.ts';
import { keyOfKeysym, keysymOfCharacter, keysymsOfKey } from '../../sandbox-image/shim/keysyms.ts';
import { planTyping } from '../../sandbox-image/shim/typing-plan.ts';
import { canonicalKey, namedKeys } from '../../sandbox-image/wire/index.ts';

/** Keycodes 10–35 are a–z, 36 is space, 50 is shift, 187 is a second "(" of its own. */
const rows = Array.from({ length: 248 }, (_, index): number[] => {
  const keycode = index + 8;
  if (keycode >= 10 && keycode <= 35) return [0x61 + keycode - 10, 0x41 + keycode - 10];
  if (keycode === 36) return [0x20, 0];
  if (keycode === 37) return [0x39, 0x28];
  if (keycode === 50) return [0xffe1, 0];
  if (keycode === 187) return [0x28, 0];
  if (keycode === 205) return [0xffe7, 0];
  return keycode >= 191 ? [0x1008ff00 + keycode, 0] : [0, 0];
});
const keymap = readKeymap(rows, 8);

describe('readKeymap', () => {
  it('prefers the main block to odd keys above it', () => {
    assert.deepEqual(keymap.strokeOf(0x28), { keycode: 37, shift: true });
    assert.deepEqual(keymap.strokeOf(0x42), { keycode: 11, shift: true });
    assert.equal(keymap.strokeOf(0xe9), undefined);
  });
});

describe('spareKeycodes', () => {
  it('is the longest row of keys that nobody needs', () => {
    assert.deepEqual(spareKeycodes(rows, 8), Array.from({ length: 50 }, (_, index) => 206 + index));
  });
});

describe('keysyms', () => {
  it('has one for every named key of the wire, and the way back', () => {
    for (const name of namedKeys) {
      assert.ok(keysymsOfKey(name).every((keysym) => keysym > 0), name);
      const [first = 0] = keysymsOfKey(name);
      assert.equal(canonicalKey(keyOfKeysym(first) ?? ''), name);
    }
  });

  it('names characters as X does', () => {
    assert.deepEqual(['a', 'é', '€', '你', '😀', '\n', '\t'].map(keysymOfCharacter), [0x61, 0xe9, 0x10020ac, 0x1004f60, 0x101f600, 0xff0d, 0xff09]);
  });
});

describe('planTyping', () => {
  /** What an application reads that knows the mapping of each stretch. */
  const read = (text: string, spares: Map<number, number>): string => {
    const mapping = new Map(spares);
    let typed = '';
    for (const { bindings, strokes } of planTyping(text, keymap, spares) ?? []) {
      for (const [slot, keysym] of bindings) mapping.set(slot, keysym);
      for (const stroke of strokes) {
        const keysym = mapping.get(slotOf(stroke)) ?? rows[stroke.keycode - 8]?.[stroke.shift ? 1 : 0] ?? 0;
        typed += keyOfKeysym(keysym) ?? '?';
      }
    }
    return typed;
  };

  it('types any text with any number of spare slots', () => {
    const character = fc.oneof(fc.constantFrom(...'abcXYZ ('), fc.constantFrom(...'éßñ你好世界😀🎉日本語안녕'), fc.integer({ min: 0x4e00, max: 0x4e80 }).map((point) => String.fromCodePoint(point)));
    fc.assert(fc.property(fc.array(character, { minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 12 }), (characters, count) => {
      const text = characters.join('').replaceAll(' ', '');
      const spares = new Map(Array.from({ length: count }, (_, index) => [412 + index, 0]));
      assert.equal(read(text, spares), text);
    }));
  });

  it('needs one change of the mapping for as many characters as there are slots, and none the second time', () => {
    const spares = new Map(Array.from({ length: 5 }, (_, index) => [412 + index, 0]));
    const [only, ...more] = planTyping('你好世界a你好', keymap, spares) ?? [];
    assert.deepEqual([only?.bindings.size, more.length], [4, 0]);
    for (const [slot, keysym] of only?.bindings ?? []) spares.set(slot, keysym);
    assert.equal(planTyping('界世好你', keymap, spares)?.[0]?.bindings.size, 0);
  });

  it('gives the slot that was used longest ago to a new character', () => {
    const spares = new Map([[412, keysymOfCharacter('你')], [414, keysymOfCharacter('好')]]);
    assert.deepEqual([...(planTyping('世', keymap, spares)?.[0]?.bindings ?? [])], [[412, keysymOfCharacter('世')]]);
  });

  it('says so when there is no slot at all', () => {
    assert.equal(planTyping('é', keymap, new Map()), undefined);
    assert.equal(planTyping('abc', keymap, new Map())?.length, 1);
  });
});
