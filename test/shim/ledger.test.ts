import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openControlEpoch } from '../../sandbox-image/server/control-epoch.ts';
import { assertSameAction, digestOf, openLedger } from '../../sandbox-image/shim/ledger.ts';
import { Action, WireError, type ActionOutcome } from '../../sandbox-image/wire/index.ts';

const outcome = (actionId: string): ActionOutcome => ({
  actionId, status: 'performed', pointer: { x: 1, y: 2 }, effect: { kind: 'nothing' }, settled: true, waitedMs: 50, warnings: [], replayed: false,
  timings: { queueMs: 0, inputMs: 1, settleMs: 50, captureMs: 0 },
  frame: { frameId: 'f1', capturedAt: 1, display: { width: 640, height: 480 }, region: { x: 0, y: 0, width: 640, height: 480 }, format: 'png', width: 640, height: 480, byteLength: 9, hash: '0'.repeat(32), pointer: { x: 1, y: 2 } },
});

describe('the ledger', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'ledger-test-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('remembers beginnings and ends over a restart, without pictures', () => {
    const file = join(folder, 'a/ledger.jsonl');
    const ledger = openLedger(file);
    ledger.begin('one', 'd1');
    ledger.end('one', 'd1', outcome('one'));
    ledger.begin('two', 'd2');
    const { frame: _frame, ...kept } = outcome('one');
    for (const known of [ledger, openLedger(file)]) {
      assert.deepEqual(known.find('one'), { state: 'ended', digest: 'd1', outcome: kept });
      assert.deepEqual(known.find('two'), { state: 'begun', digest: 'd2' });
      assert.equal(known.find('three'), undefined);
    }
  });

  it('leaves out a half-written last line', () => {
    const file = join(folder, 'b.jsonl');
    openLedger(file).begin('whole', 'd');
    appendFileSync(file, '{"event":"ended","actionId":"who');
    assert.deepEqual(openLedger(file).find('whole'), { state: 'begun', digest: 'd' });
    openLedger(file).begin('next', 'd');
    assert.equal(openLedger(file).find('next')?.state, 'begun');
  });

  it('forgets the oldest ends only, and stays bounded on disk', () => {
    const file = join(folder, 'c.jsonl');
    const ledger = openLedger(file);
    ledger.begin('open', 'd');
    for (let count = 0; count < 12_000; count += 1) {
      ledger.begin(`id${count}`, 'd');
      ledger.end(`id${count}`, 'd', outcome(`id${count}`));
    }
    assert.equal(ledger.find('open')?.state, 'begun');
    assert.equal(ledger.find('id0'), undefined);
    assert.equal(ledger.find('id11999')?.state, 'ended');
    assert.equal(ledger.find('id7000')?.state, 'ended');
    assert.ok(readFileSync(file, 'utf8').split('\n').length < 10_010);
  });

  it('tells equal actions from different ones', () => {
    const parse = (x: number) => Action.parse({ type: 'click', x, y: 1 });
    assert.equal(digestOf(parse(1)), digestOf(parse(1)));
    assert.notEqual(digestOf(parse(1)), digestOf(parse(2)));
    assert.throws(() => assertSameAction('id', 'a', 'b'), (error: unknown) => error instanceof WireError && error.code === 'conflict');
  });
});

describe('the control epoch', () => {
  it('only rises, and is remembered', () => {
    const folder = mkdtempSync(join(tmpdir(), 'epoch-test-'));
    const file = join(folder, 'epoch');
    const epoch = openControlEpoch(file);
    assert.deepEqual([epoch.present, epoch.raise(3), epoch.raise(3), epoch.present], [0, true, false, 3]);
    assert.throws(() => epoch.raise(2), /older/);
    assert.throws(() => epoch.assertPresent(2), /epoch 2/);
    openControlEpoch(file).assertPresent(3);
    rmSync(folder, { recursive: true });
  });
});
