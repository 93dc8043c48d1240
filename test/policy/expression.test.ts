import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { find } from '../../controller/policy/expression/find.ts';
import { compile } from '../../controller/policy/expression/program.ts';
import { readExpression } from '../../controller/policy/expression/read-expression.ts';
import { ExpressionError } from '../../controller/policy/expression/syntax.ts';

const foundAt = (source: string, text: string, ignoreCase = false) => find(compile(readExpression(source), ignoreCase), text);

/** Expressions of every kind of part, over an alphabet small enough that they match now and then. */
const expression = fc.letrec<{ whole: string; part: string }>((tie) => ({
  whole: fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', 'é', '🙂', '.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '[ab]', '[^a]', '[a-c1]', '[\\d\\-]', '\\n', '\\x61', '\\u{1F642}', '\\.', '\\b', '\\B', '^', '$'),
    fc.tuple(fc.constantFrom('a', '[ab]', '.', '\\w', '🙂'), fc.constantFrom('*', '+', '?', '*?', '{2}', '{1,}', '{0,2}', '{1,3}?')).map((pair) => pair.join('')),
    fc.tuple(tie('whole'), fc.constantFrom('', '*', '+', '?', '{2}', '{0,2}')).map(([inside, count]) => `(${inside})${count}`),
    fc.tuple(tie('whole'), tie('whole')).map(([one, other]) => `(?:${one}|${other})`),
  ),
})).whole;
const text = fc.array(fc.constantFrom('a', 'b', 'c', 'é', '🙂', '1', ' ', '-', '.', '\n', '_'), { maxLength: 12 }).map((characters) => characters.join(''));

/** Where the language's own engine finds the first match. It is asked character by character, since by itself it also looks between the halves of one. */
function firstByTheLanguage(sticky: RegExp, given: string): number | undefined {
  let index = 0;
  for (const character of [...given, '']) {
    sticky.lastIndex = index;
    if (sticky.test(given)) return index;
    index += character.length;
  }
  return undefined;
}

describe('expressions', () => {
  it('find what the regular expressions of the language find', () => {
    let found = 0;
    fc.assert(fc.property(expression, text, (source, given) => {
      const expected = firstByTheLanguage(new RegExp(source, 'muy'), given);
      if (expected !== undefined) found += 1;
      assert.equal(foundAt(source, given), expected, `${JSON.stringify(source)} in ${JSON.stringify(given)}`);
    }), { numRuns: 3000, seed: 7 });
    assert.ok(found > 700, `only ${found} of the cases matched`);
  });

  it('take either case if asked', () => {
    assert.equal(foundAt('PASS[w-z]ord|\\u00e9', 'my passWORD', true), 3);
    assert.equal(foundAt('[^a]', 'A', true), undefined);
    assert.equal(foundAt('é', 'É', true), 0);
    assert.equal(foundAt('a', 'A'), undefined);
  });

  it('find a match that ends after a place only', () => {
    const program = compile(readExpression('sudo'), false);
    assert.deepEqual([find(program, 'sudo ls', 4), find(program, 'sudo', 3), find(program, 'sudo sudo', 4)], [undefined, 0, 5]);
  });

  it('refuse what cannot be matched in proportion to the text, and what is no expression, saying why', () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['(?=a)b', /look ahead/], ['(?<!a)b', /look ahead/], ['(?<name>a)', /look ahead/], ['(a)\\1', /references to groups/], ['a{1,201}', /counts to 200/], ['a{3,2}', /counts down/],
      ['(a', /\) is missing/], ['a)', /without its \(/], ['[a', /ends in the middle/], ['*', /nothing before it/], ['a**', /cannot be repeated/], ['\\b+', /cannot be repeated/], ['\\q', /means nothing/],
      ['[b-a]', /backwards/], ['[\\d-z]', /from one character/], ['\\u{110000}', /number of a character/], ['(((a{200}){200}){200})', /too large/], ['(((((((){200}){200}){200}){200}){200}){200})', /too large/],
      ['a'.repeat(1001), /at most 1000/], ['('.repeat(60), /nested/], ['a\\', /ends in the middle/], ['}', /closes nothing/],
    ];
    for (const [source, why] of wrong) assert.throws(() => compile(readExpression(source), false), (error: Error) => error instanceof ExpressionError && why.test(error.message), source);
  });

  it('take time in proportion to the text where others never end', () => {
    const slow = ['(a+)+b', '(a|a)*b', '(a|aa)+$x', '(.*)*(.*)*(.*)*x', 'a*a*a*a*a*a*a*a*b'];
    for (const source of slow) {
      const program = compile(readExpression(source), false);
      const timeOf = (length: number) => {
        const began = performance.now();
        assert.equal(find(program, 'a'.repeat(length)), undefined);
        return performance.now() - began;
      };
      timeOf(20_000);
      const [short, long] = [timeOf(20_000), timeOf(200_000)];
      assert.ok(long < short * 100 && long < 10_000, `${source}: ${short} ms for 20,000 characters, ${long} ms for 200,000`);
    }
  });
});
