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
import { waitFor } from '../support/wait-for.ts';
import { click, turnWith } from './random-commands.ts';

it('the token that started a run decides its approvals only where that right was given by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-own-'));
  const journal = openJournal(folder);
  const flagged = turnWith([{ callId: 'call_1', actions: [click], safetyChecks: [{ id: 'check', code: 'malicious_instructions', message: 'look' }] }]);
  const runs = createRuns({ journal, desktops: fakeDesktops(), models: onlyModel(scriptedModel([flagged, flagged])), log: pino({ level: 'silent' }), maxDesktops: 4, maxQueued: 100, makeBriefing: () => ({ version: 'test', text: '' }) });
  try {
    const ann = { name: 'ann', project: 'default', mayDecideOwn: false };
    const run = runs.create(RunRequest.parse({ task: 'do it' }), ann);
    assert.equal(run.startedBy, 'ann');
    const approvalId = await waitFor('the approval', () => runs.get(run.id, ann).approvalId ?? undefined);
    assert.throws(() => runs.decide(approvalId, { decision: 'approve' }, ann), (error: VitrineError) => error.code === 'forbidden' && /ann started run/.test(error.message));
    assert.equal(runs.approval(approvalId, ann).state, 'pending');
    assert.equal(runs.decide(approvalId, { decision: 'deny' }, { name: 'bob', project: 'default', mayDecideOwn: false }).decidedBy, 'bob');
    runs.cancel(run.id, 'done', ann);
    const own = runs.create(RunRequest.parse({ task: 'do it' }), ann);
    const second = await waitFor('the second approval', () => runs.get(own.id, ann).approvalId ?? undefined);
    assert.equal(runs.decide(second, { decision: 'deny' }, { ...ann, mayDecideOwn: true }).state, 'denied');
    runs.cancel(own.id, 'done', ann);
  } finally {
    await runs.close();
    journal.close();
    await rm(folder, { recursive: true, force: true });
  }
});
