import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonPieces } from '../../controller/api/json-pieces.ts';
import { embeddedJson } from '../../controller/api/replay/embed.ts';

async function piecesOf(value: object, write?: (part: unknown) => string): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of jsonPieces(value, write)) pieces.push(piece);
  return pieces;
}

describe('jsonPieces', () => {
  it('gives together what JSON.stringify gives', async () => {
    await fc.assert(fc.asyncProperty(fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined))), async (value) => {
      assert.equal((await piecesOf(value)).join(''), JSON.stringify(value));
    }), { numRuns: 200 });
  });

  it('gives long lists and tables some at a time, what is undefined left out', async () => {
    const list = Array.from({ length: 1001 }, (_, index) => ({ index, nothing: undefined }));
    const table = Object.fromEntries(list.map((entry) => [`k${entry.index}`, entry.index % 300 === 0 ? undefined : entry]));
    const value = { list, table, empty: [], none: {}, gaps: Array.from({ length: 401 }, () => undefined), last: null };
    const pieces = await piecesOf(value);
    assert.equal(pieces.join(''), JSON.stringify(value));
    assert.ok(Math.max(...pieces.map(({ length }) => length)) < JSON.stringify(value).length / 6);
  });

  it('escapes as it is told', async () => {
    const value = { 'a</script>': ['<!--', ...Array.from({ length: 300 }, () => '&')] };
    const text = (await piecesOf(value, embeddedJson)).join('');
    assert.equal(text, embeddedJson(value));
    assert.doesNotMatch(text, /[<>&]/);
  });
});
