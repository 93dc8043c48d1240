import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { linesBetween, matchText, padded, union } from '../../controller/rehearsal/match-text.ts';
import { createScreenReader } from '../../controller/rehearsal/read-screen.ts';

const reader = createScreenReader();
const open = async (name: string) => reader.open(await readFile(join(import.meta.dirname, 'fixtures', `${name}.png`)));

describe('createScreenReader, on pictures of the real desktop', () => {
  after(() => reader[Symbol.asyncDispose]());

  it('finds an entry of the menu where it stands', async () => {
    const [match, ...more] = matchText(await (await open('menu')).lines(0), '^Terminal$');
    assert.equal(more.length, 0);
    const { left, right, top, bottom } = match?.box ?? assert.fail('no Terminal');
    assert.ok(left > 24 && right < 100 && top > 318 && bottom < 340, JSON.stringify(match));
  });

  it('finds the prompt of the terminal', async () => {
    assert.equal(matchText(await (await open('terminal')).lines(0), '^agent@').length, 1);
  });

  it('finds light letters on the dark panel at another look', async () => {
    const screen = await open('tooltip');
    const looks = await Promise.all([0, 1, 2].map(async (attempt) => matchText(await screen.lines(attempt), '^Web Browser$').length));
    assert.ok(looks.includes(1), JSON.stringify(looks));
  });

  it('reads a number exactly', async () => {
    const screen = await open('output');
    const lines = linesBetween(await screen.lines(0), '^output 4729 begins$', '^output 4729 ends$') ?? assert.fail('no marks');
    const box = padded(union(lines.flatMap((line) => line.words.map((word) => word.box))), screen);
    assert.deepEqual(await screen.readExactly(box), ['305816947']);
  });

  it('finds nothing on an empty desktop', async () => {
    assert.deepEqual(matchText(await (await open('desktop')).lines(0), '^Terminal$'), []);
  });

  it('refuses what is no picture', () => assert.rejects(reader.open(Buffer.from('no picture'))));
});
