import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ConfigError } from '../../controller/config.ts';
import { readSecretsFile } from '../../controller/secrets-file.ts';
import { secretsNamedIn, withSecretsIn } from '../../controller/secret-book.ts';
import { Secret } from '../../controller/secret.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function written(folder: string, content: unknown, mode = 0o600, name = 'secrets.json'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  await chmod(path, mode);
  return path;
}

const isConfigError = (words: RegExp) => (error: Error) => error instanceof ConfigError && words.test(error.message) && !/hunter/.test(`${error.message} ${String(error.cause)}`);

describe('readSecretsFile', () => {
  it('gives values and the content of files, by project', async () => {
    await using folder = await temporaryFolder();
    await written(folder.path, 'from a file\n', 0o400, 'mail');
    const book = readSecretsFile(await written(folder.path, { projects: { default: { bank: 'hunter2', mail: { file: 'mail' } }, other: { bank: 'another' } } }));
    assert.deepEqual(book.names('default'), ['bank', 'mail']);
    assert.deepEqual(['bank', 'mail', 'nothing', 'constructor'].map((name) => book.find('default', name)?.reveal()), ['hunter2', 'from a file', undefined, undefined]);
    assert.equal(book.find('other', 'mail'), undefined);
    assert.deepEqual([book.names('nobody'), book.names('__proto__'), book.all.length], [[], [], 3]);
    assert.ok(!JSON.stringify(book).includes('hunter2'));
  });

  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o644, 0o610]) {
    it(`refuses a file of mode ${mode.toString(8)}, its own or that of a value`, async () => {
      await using folder = await temporaryFolder();
      const path = await written(folder.path, { projects: { default: { bank: 'hunter2' } } }, mode);
      assert.throws(() => readSecretsFile(path), isConfigError(/secrets\.json, which others may read or change \(mode 06\d\d\): chmod 600/));
      await written(folder.path, 'hunter2', mode, 'value');
      const naming = await written(folder.path, { projects: { default: { bank: { file: 'value' } } } }, 0o600, 'naming.json');
      assert.throws(() => readSecretsFile(naming), isConfigError(/secret bank of project default names value, which others/));
    });
  }

  const wrong: [string, unknown, RegExp][] = [
    ['no JSON', '{"projects": hunter2', /is no JSON/],
    ['no projects', { bank: 'hunter2' }, /projects/],
    ['a name with a space', { projects: { default: { 'the bank': 'hunter2' } } }, /projects\.default\.the bank/],
    ['a value that is a number', { projects: { default: { bank: 4711 } } }, /projects\.default\.bank: must be a text/],
    ['a value of three characters', { projects: { default: { bank: 'hun' } } }, /has 3 characters: it must have 4 to 1000/],
    ['a value of 1001 characters', { projects: { default: { bank: 'hunter2'.repeat(143) } } }, /has 1001 characters/],
    ['a line break', { projects: { default: { bank: 'hunter\n2' } } }, /secret bank of project default holds a character that cannot be typed/],
    ['a control character', { projects: { default: { bank: 'hunter\u001B2' } } }, /cannot be typed/],
    ['a file that is not there', { projects: { default: { bank: { file: 'missing' } } } }, /names missing, which cannot be read/],
  ];
  for (const [what, content, words] of wrong) {
    it(`refuses ${what}, and quotes nothing`, async () => {
      await using folder = await temporaryFolder();
      const path = await written(folder.path, content);
      assert.throws(() => readSecretsFile(path), isConfigError(words));
    });
  }
});

describe('references to secrets', () => {
  it('are found once each, in their order', () => {
    assert.deepEqual(secretsNamedIn('{{secret:b}} {{secret:a}} {{secret:b}} {{secret:}} {{secret:x y}} {{ secret:c}} {secret:d} {{secret:e}'), ['b', 'a', '', 'x y']);
  });

  it('are replaced in one pass: a value is not looked at again, and stands as it is', () => {
    const values: Record<string, string> = { a: '{{secret:b}}$&$1', b: 'never' };
    assert.equal(withSecretsIn('<{{secret:a}}>', (name) => new Secret(values[name] ?? '')), '<{{secret:b}}$&$1>');
  });
});
