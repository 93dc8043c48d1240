import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { VitrineError } from '../../controller/errors.ts';
import type { Journal } from '../../controller/journal/journal.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default' };

describe('a deadline that is due while the journal cannot be written', () => {
  it('is tried about once a second, however long that lasts, and does its work when it can', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-deadlines-'));
    const real = openJournal(folder);
    let isFailing = false;
    const tries: number[] = [];
    const journal: Journal = {
      ...real,
      commit(change) {
        if (!isFailing) return real.commit(change);
        tries.push(performance.now());
        throw new VitrineError('unavailable', 'the disk is full');
      },
    };
    const flagged = turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [{ id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' }] }]);
    const runs = createRuns({ journal, desktops: fakeDesktops(), models: onlyModel(scriptedModel([flagged, turnWith([], 'done')])), log: pino({ level: 'silent' }), maxDesktops: 1, makeBriefing: () => ({ version: 'test', text: '' }) });
    try {
      const { id } = runs.create(RunRequest.parse({ task: 'do it', approvalTimeoutMs: 1000 }), ann);
      await waitFor('the question', () => runs.get(id, ann).state === 'awaitingSafetyAck');
      isFailing = true;
      await waitFor('the first try', () => tries.length > 0, 5000);
      await setTimeout(4200);
      assert.ok(tries.length >= 2 && tries.length <= 6, `${tries.length} tries in 4.2 s`);
      isFailing = false;
      const run = await runs.ended(id, ann, AbortSignal.timeout(5000));
      assert.deepEqual([run.state, runs.approvals({ runId: id, limit: 9 }, ann).items.map(({ state }) => state)], ['succeeded', ['expired']]);
    } finally {
      await runs.close();
      real.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
