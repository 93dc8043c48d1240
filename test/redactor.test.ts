import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLog } from '../controller/log.ts';
import { createRedactor } from '../controller/redactor.ts';
import { Secret } from '../controller/secret.ts';

const secrets = [new Secret('hunter2'), new Secret('hunter2-long'), new Secret('a"b\\c d'), undefined];

describe('createRedactor', () => {
  it('takes values out as they are, escaped for JSON, and escaped for an address', () => {
    const { text } = createRedactor(secrets);
    assert.equal(text('a hunter2 b hunter2-long'), 'a [secret] b [secret]', 'no rest of the longer one is left');
    assert.equal(text(JSON.stringify({ body: 'a"b\\c d' })), '{"body":"[secret]"}');
    assert.equal(text(`https://x/?q=${encodeURIComponent('a"b\\c d')}`), 'https://x/?q=[secret]');
    assert.equal(text('Authorization: Bearer abcdefgh12345, sk-abcdefghijklmnop1234, vit_0123456789abcdef_0123456789'), 'Authorization: [secret], [secret], [secret]');
    assert.equal(text('cookie: vitrine=vts_0123456789abcdef_0123456789; ticket.vt_0123456789abcdef_0123456789'), 'cookie: vitrine=[secret]; ticket.[secret]');
  });

  it('finds them at any depth of plain data, in names too, and leaves everything else as it is', () => {
    const { data } = createRedactor(secrets);
    assert.deepEqual(data({ list: ['x hunter2', { hunter2: 1 }], n: 7, none: null }), { list: ['x [secret]', { '[secret]': 1 }], n: 7, none: null });
    const clean = { list: ['x'], n: 7 };
    assert.equal(data(clean), clean);
  });

  it('leaves no value, wherever it stands', () => {
    const { data, text } = createRedactor(secrets);
    fc.assert(fc.property(fc.string(), fc.string(), fc.constantFrom('hunter2', 'hunter2-long', 'a"b\\c d'), (before, behind, value) => {
      assert.ok(!text(before + value + behind).includes(value));
      assert.ok(!JSON.stringify(data({ deep: [before + value + behind] })).includes(JSON.stringify(value).slice(1, -1)));
    }));
  });
});

describe('createLog', () => {
  it('stays JSON when a secret is a number that stands elsewhere in the line', () => {
    const lines: string[] = [];
    const log = createLog('info', [new Secret('1234')], { write: (line) => void lines.push(line) });
    log.info({ port: 51_234, pin: '1234' }, 'typed 1234');
    assert.deepEqual((({ port, pin, msg }) => ({ port, pin, msg }))(JSON.parse(lines[0] ?? '') as Record<string, unknown>), { port: 51_234, pin: '[secret]', msg: 'typed [secret]' });
  });

  it('writes one line of JSON for one event, whatever the text, and no escape character', () => {
    const lines: string[] = [];
    const log = createLog('info', [new Secret('hunter2')], { write: (line) => void lines.push(line) });
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      lines.length = 0;
      log.info({ title: `\u001B[31m\u202E\u2066\u2028\u0085\u007F${text}\r\n{"level":"error"}hunter2` }, `${text}\nhunter2`);
      assert.equal(lines.length, 1);
      const [line = ''] = lines;
      assert.ok(line.endsWith('\n') && !line.slice(0, -1).includes('\n') && !['\u001B', '\r', '\u007F', '\u0085', '\u202E', '\u2066', '\u2028'].some((character) => line.includes(character)) && !line.includes('hunter2'), line);
      assert.equal((JSON.parse(line) as { level: string }).level, 'info');
    }));
  });
});

describe('what is not taken out', () => {
  it('short values, which stand in words by chance, and the ids by which outcomes are known again', () => {
    const redactor = createRedactor([new Secret('k'), new Secret('launch'), new Secret('desktop')]);
    const outcome = { type: 'desktop.ready', effectId: 'run-1.launch.1', desktopId: 'desktop-1', message: 'the desktop ok' };
    assert.deepEqual(redactor.data(outcome), { ...outcome, message: 'the [secret] ok' });
  });
});
