import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { pino } from 'pino';
import type { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };
const request = (task: string) => RunRequest.parse({ task });

it('I17: a key gives one run, however often and over a restart; another request under it is a conflict', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-key-'));
  const open = () => {
    const journal = openJournal(folder);
    return { journal, runs: createRuns({ journal, desktops: fakeDesktops(), models: onlyModel(scriptedModel([turnWith([], 'done')])), log: pino({ level: 'silent' }), maxDesktops: 4, maxQueued: 100, makeBriefing: () => ({ version: 'test', text: '' }) }) };
  };
  let world = open();
  try {
    const ids = new Set(Array.from({ length: 50 }, () => world.runs.create(request('one'), ann, 'key-1').id));
    assert.equal(ids.size, 1);
    const [id = ''] = ids;
    assert.throws(() => world.runs.create(request('two'), ann, 'key-1'), (error: VitrineError) => error.code === 'conflict' && error.message.includes('Idempotency-Key'));
    assert.notEqual(world.runs.create(request('one'), { ...ann, name: 'bob' }, 'key-1').id, id, 'another token has keys of its own');
    assert.notEqual(world.runs.create(request('one'), { ...ann, project: 'blue' }, 'key-1').id, id);
    assert.notEqual(world.runs.create(request('one'), ann, 'key-2').id, id);
    assert.notEqual(world.runs.create(request('one'), ann).id, world.runs.create(request('one'), ann).id);
    await world.runs.close();
    world.journal.close();
    world = open();
    assert.equal(world.runs.create(request('one'), ann, 'key-1').id, id);
    assert.throws(() => world.runs.create(request('two'), ann, 'key-1'), (error: VitrineError) => error.code === 'conflict');
  } finally {
    await world.runs.close();
    world.journal.close();
    await rm(folder, { recursive: true, force: true });
  }
});
