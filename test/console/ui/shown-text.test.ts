import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shownCode, shownText } from '../../../controller/console/ui/shown-text.ts';

describe('shownText', () => {
  it('names what turns the order of signs around, or is not to be seen', () => {
    assert.equal(shownText('a‮b⁦c​d\u{E0041}e﻿f\u{7}g­h'), 'a⟨U+202E⟩b⟨U+2066⟩c⟨U+200B⟩d⟨U+E0041⟩e⟨U+FEFF⟩f⟨U+0007⟩g⟨U+00AD⟩h');
  });

  it('leaves every script and pictogram as it is', () => {
    for (const text of ['Grüße\n\tan 你好', 'مرحبا بكم ‏(1)', 'שלום', 'می‌خواهم', '👩‍👩‍👧 ❤️ 👍🏽', 'e\u0301', 'ไทย']) assert.equal(shownText(text), text);
  });
});

describe('shownCode', () => {
  it('names joiners and marks of direction too, where no pictogram needs them', () => {
    assert.equal(shownCode('rm‍ -r\rf ‏x︁ 👩‍👧 ❤️'), 'rm⟨U+200D⟩ -r⟨U+000D⟩f ⟨U+200F⟩x⟨U+FE01⟩ 👩‍👧 ❤️');
  });
});
