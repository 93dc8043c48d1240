import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import type { VitrineError } from '../../controller/errors.ts';
import { openRoom } from '../../controller/journal/room.ts';
import { createWriter } from '../../controller/journal/writer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const isFull = (error: VitrineError) => error.code === 'unavailable' && /disk is full.*free disk space; nothing of the change was kept/.test(error.message);

describe('createWriter', () => {
  it('refuses new work on a full database and keeps the reserve; gives it up for work that is there', async () => {
    await using folder = await temporaryFolder();
    const database = new DatabaseSync(join(folder.path, 'small.sqlite'));
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x BLOB) STRICT; PRAGMA max_page_count = 20');
    const room = openRoom(folder.path, { reserveBytes: 4096, minFreeBytes: 0 });
    // What a file system does by itself when a file goes.
    const giving = { ...room, giveUpReserve: () => room.giveUpReserve() && (database.exec('PRAGMA max_page_count = 60'), true) };
    const write = createWriter(database, giving, folder.path);
    const insert = database.prepare('INSERT INTO t VALUES (zeroblob(4000))');
    let kept = 0;
    assert.throws(() => { for (;;) { write('new', () => insert.run()); kept += 1; } }, isFull);
    assert.ok(kept > 5, `${kept} rows before it was full`);
    assert.ok(existsSync(join(folder.path, 'reserve')));
    write('begun', () => insert.run());
    assert.equal(existsSync(join(folder.path, 'reserve')), false);
    assert.throws(() => room.check(), (error: VitrineError) => error.code === 'unavailable' && error.message.includes(folder.path) && /MiB are free/.test(error.message));
    for (let n = 0; n < 20; n += 1) write('begun', () => insert.run());
    assert.throws(() => { for (;;) write('begun', () => insert.run()); }, isFull);
    assert.ok(Number(database.prepare('SELECT count(*) AS n FROM t').get()?.['n']) >= kept + 21, 'everything acknowledged is there');
    assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    room.close();
    database.close();
  });

  it('keeps nothing of a change that fails in the middle', async () => {
    await using folder = await temporaryFolder();
    const database = new DatabaseSync(join(folder.path, 'small.sqlite'));
    database.exec('CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT');
    const room = openRoom(folder.path, { reserveBytes: 0, minFreeBytes: 0 });
    const write = createWriter(database, room, folder.path);
    assert.throws(() => write('begun', () => {
      database.exec('INSERT INTO t VALUES (1)');
      throw new Error('in the middle');
    }), /in the middle/);
    assert.equal(database.prepare('SELECT count(*) AS n FROM t').get()?.['n'], 0);
    write('begun', () => database.exec('INSERT INTO t VALUES (2)'));
    assert.equal(database.prepare('SELECT count(*) AS n FROM t').get()?.['n'], 1);
    database.close();
  });
});
