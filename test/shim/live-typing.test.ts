import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TestDesktop } from '../support/test-desktop.ts';
import { waitFor } from '../support/wait-for.ts';

const words = [
  'hello', 'World', 'naïve', 'Größe', '你好', '世界', '😀', '🎉', '日本語', 'データ', 'Привет', 'λόγος', '"quoted"', 'tab;', '(a+b)*c', '{x}', '#!/bin', 'œuvre',
  '한국어', '€100', '~/.rc', '\\n', '👩‍💻', '❤️', 'ﬁn', 'Ünïcödé', '漢字', '仮名', '中文输入', '测试文本', "it's", '$HOME`id`', '<&>', 'a|b', '%d', '@me', '[1]', 'x=y', '—', '½',
];
/** 2,000 characters: ASCII, accents, CJK, emoji with joiners, in lines. */
const mixed = cut(Array.from({ length: 900 }, (_, index) => `${words[(index * 7) % words.length]}${index % 9 === 8 ? '\n' : ' '}`).join(''));
/** 2,000 characters of which some 600 are different: far more than a keyboard has spare keys. */
const han = cut(Array.from({ length: 2100 }, (_, index) => (index % 60 === 59 ? '\n' : String.fromCodePoint(0x4e00 + ((index * 7) % 600)))).join(''));

function cut(text: string): string {
  return `${[...text].slice(0, 1999).join('').trimEnd().padEnd(1999, 'x')}\n`;
}

/** Equality that shows the first difference only. */
function assertSameText(actual: string, expected: string): void {
  const [a, b] = [[...actual], [...expected]];
  const at = b.findIndex((character, index) => a[index] !== character);
  const near = (text: string[]) => text.slice(Math.max(0, at - 10), at + 20).join('');
  assert.ok(actual === expected, `${a.length} of ${b.length} characters; first difference at ${at}: ${JSON.stringify(near(a))} for ${JSON.stringify(near(b))}`);
}

describe('typing 2,000 characters without loss', () => {
  let desktop: TestDesktop;
  before(async () => {
    desktop = await TestDesktop.start();
  });
  after(() => desktop?.[Symbol.asyncDispose]());

  const type = async (text: string, report: (line: string) => void, what: string): Promise<void> => {
    const start = performance.now();
    const outcome = await desktop.perform({ type: 'type', text }, { settle: { ceilingMs: 5000 } });
    report(`${what}: ${[...text].length} characters, ${new Set(text).size} different, in ${Math.round(performance.now() - start)} ms`);
    assert.deepEqual([outcome.status, outcome.typedCharacters], ['performed', [...text].length]);
  };

  it('into a terminal', async (test) => {
    const window = await desktop.openWindow(/cat/, 'xterm', '-title', 'cat', '-e', 'cat > terminal.txt');
    await type(mixed, (line) => test.diagnostic(line), 'xterm');
    await type(han, (line) => test.diagnostic(line), 'xterm');
    await waitFor('the text', async () => (await desktop.take('terminal.txt')).length >= mixed.length + han.length).catch(() => undefined);
    assertSameText(await desktop.take('terminal.txt'), mixed + han);
    await desktop.close(window);
  });

  it('into a GTK editor, saved with ctrl+s', async (test) => {
    await desktop.put('editor.txt', '');
    const window = await desktop.openWindow(/editor\.txt/, 'mousepad', 'editor.txt');
    await desktop.perform({ type: 'click', x: 640, y: 400 });
    await type(mixed, (line) => test.diagnostic(line), 'mousepad');
    await type(han, (line) => test.diagnostic(line), 'mousepad');
    await desktop.perform({ type: 'key', keys: ['ctrl', 's'] });
    await waitFor('the file', async () => (await desktop.take('editor.txt')).length >= mixed.length + han.length).catch(() => undefined);
    assertSameText(await desktop.take('editor.txt'), mixed + han);
    await desktop.close(window);
  });

  it('into a page in Chromium', async (test) => {
    await desktop.put('page.html', '<!doctype html><meta charset="utf-8"><title>Page</title><textarea autofocus style="width:100%;height:600px"></textarea>');
    const window = await desktop.openWindow(/^Page/, 'chromium', 'file:///home/agent/page.html');
    await desktop.perform({ type: 'click', x: 640, y: 400 });
    await type(mixed, (line) => test.diagnostic(line), 'Chromium');
    await type(han, (line) => test.diagnostic(line), 'Chromium');
    const read = async (): Promise<string> => {
      await desktop.perform({ type: 'key', keys: ['ctrl', 'a'] });
      await desktop.perform({ type: 'key', keys: ['ctrl', 'c'] });
      return (await desktop.shim.call('readClipboard', {})).text;
    };
    await waitFor('the text', async () => (await read()).length >= mixed.length + han.length).catch(() => undefined);
    assertSameText(await read(), mixed + han);
    await desktop.close(window);
  });
});
