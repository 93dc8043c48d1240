import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { actionOf, renderRow, rowLines } from './dialects-page.ts';
import { tablePage } from './rows.ts';
import { dialects, vocabularyOf } from './vocabulary.ts';

describe('docs/dialects.md', () => {
  const lines = rowLines(readFileSync(tablePage, 'utf8'));

  it('has every dialect', () => assert.deepEqual([...lines.keys()], [...dialects]));

  for (const dialect of dialects) {
    it(`lists every action of ${dialect}, and no other`, () => {
      const listed = new Set((lines.get(dialect) ?? []).map(actionOf));
      assert.deepEqual([...listed].toSorted(), [...vocabularyOf(dialect)].toSorted());
    });
  }

  it('is read as it is written', () => {
    const line = renderRow({ action: 'type', said: '{"text":"a|b`c\n"}', performed: 'type "a|b"', result: 'text' });
    assert.equal(line.split('\n').length, 1);
    assert.equal(actionOf(line), 'type');
  });
});
