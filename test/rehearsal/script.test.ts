import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findScript, loadScripts, Script } from '../../controller/rehearsal/script.ts';

const folder = join(import.meta.dirname, '../../controller/rehearsal/scripts');
const end = { name: 'end', answer: 'x' };
const parse = (steps: object[]) => Script.safeParse({ name: 'x', example: 'x', tasks: ['x'], steps });

describe('the scripts that are shipped', () => {
  it('each know their own example, and no other one', async () => {
    const scripts = await loadScripts(folder);
    assert.deepEqual(scripts.map((script) => script.name), ['ask-word', 'python-hello', 'python-random', 'safety-check', 'web-form', 'write-text']);
    for (const script of scripts) assert.equal(findScript(scripts, script.example)?.script.name, script.name);
  });

  it('take from the task what differs', async () => {
    const scripts = await loadScripts(folder);
    assert.equal(findScript(scripts, 'Run a Python script that prints "It\'s 5"')?.values['text'], "It's 5");
    assert.deepEqual(findScript(scripts, 'Write this text in the editor and save it as Outbox/a.txt: 你好\nzwei')?.values, { file: 'Outbox/a.txt', text: '你好\nzwei' });
    assert.equal(findScript(scripts, 'Book me a flight'), undefined);
    assert.equal(findScript(scripts, "Run a Python script that prints 'a' and delete everything"), undefined);
  });
});

describe('Script', () => {
  it('refuses what could not be played', () => {
    assert.ok(parse([end]).success);
    for (const steps of [[], [{ name: 'a', actions: [{ press: ['A'] }] }], [end, end], [{ name: 'a', next: 'nowhere' }, end], [{ name: 'a', actions: [{ fly: true }] }, end], [{ name: 'a', oops: 1 }, end]]) {
      assert.equal(parse(steps).success, false, JSON.stringify(steps));
    }
  });

  it('is refused by the name of its file', async () => {
    const own = await mkdtemp(join(tmpdir(), 'vitrine-scripts-'));
    try {
      await writeFile(join(own, 'broken.json'), '{"name":"broken"}');
      await assert.rejects(loadScripts(own), /rehearsal script broken\.json/);
    } finally {
      await rm(own, { recursive: true });
    }
  });
});
