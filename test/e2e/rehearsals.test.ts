import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import { valueOf } from '../metrics/scraped.ts';
import { ControllerProcess } from '../support/controller-process.ts';

const formServer = readFileSync(join(import.meta.dirname, '../rehearsal/fixtures/form-server.py'), 'utf8');

describe('rehearsals on real desktops', () => {
  let controller: ControllerProcess;
  before(async () => {
    controller = await ControllerProcess.start();
  });
  after(async () => controller[Symbol.asyncDispose]());

  const give = (task: string, more: object = {}) => controller.post<Run>('/api/runs', { task, model: 'rehearsal', keepForMs: 120_000, ...more });
  const fileOf = async (desktopId: string | null, path: string) => {
    const response = await controller.request('GET', `/api/desktops/${desktopId}/files/${path}`);
    assert.equal(response.status, 200);
    return Buffer.from(await response.arrayBuffer());
  };

  it('runs a Python script and reads its greeting from the screen', async () => {
    const { id } = await give("Run a Python script that prints 'Hello from computer use'", { keepForMs: 0 });
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.answer], ['succeeded', 'Hello from computer use']);
    assert.ok(run.steps >= 4);
    const facts = (await controller.events(id)).map(({ fact }) => fact);
    const page = await (await controller.request('GET', '/metrics')).text();
    const value = (name: string, labels: Record<string, string> = {}) => valueOf(page, name, labels) ?? 0;
    const clicks = facts.filter((fact) => fact.type === 'action.ended' && fact.action.type === 'click' && fact.outcome.status === 'performed').length;
    assert.equal(value('vitrine_actions_total', { type: 'click', outcome: 'performed' }), clicks);
    assert.equal(value('vitrine_model_requests_total', { model: 'rehearsal', outcome: 'answered' }), run.turns);
    assert.equal(value('vitrine_runs_ended_total', { state: 'succeeded', failure: '' }), 1);
    for (const some of ['vitrine_desktop_launch_seconds_count', 'vitrine_queue_wait_seconds_count', 'vitrine_journal_commit_seconds_count', 'vitrine_disk_free_bytes', 'nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']) assert.ok(value(some) > 0, some);
    for (const seconds of ['vitrine_action_phase_seconds_sum{phase="settle"}', 'vitrine_model_request_seconds_sum{model="rehearsal"}']) assert.match(page, new RegExp(`^${seconds.replaceAll(/[{}]/g, '\\$&')} (?!0$)`, 'm'));
    assert.deepEqual([value('vitrine_metrics_uncounted_total'), value('vitrine_journal_commit_failures_total'), value('vitrine_runs', { state: 'queued' })], [0, 0, 0]);
  });

  it('brings back a random number that stands nowhere in the task', async () => {
    const { id } = await give('Run a Python script that prints a random number');
    const run = await controller.ended(id);
    assert.equal(run.state, 'succeeded');
    assert.match(run.answer ?? '', /^\d{9}$/);
    const printed = await fileOf(run.desktopId, 'number.txt');
    assert.equal(run.answer, printed.toString().trim());
    await controller.request('DELETE', `/api/desktops/${run.desktopId}`);
  });

  it('fills in a web form with mouse, keyboard, wheel and a dragged slider, as its server received it', async () => {
    const desktop = await controller.post<DesktopView>('/api/desktops', {});
    const path = `/api/desktops/${desktop.id}`;
    assert.equal((await fetch(`${controller.url}${path}/files/form-server.py`, { method: 'PUT', headers: { ...controller.headers, 'content-type': 'application/octet-stream' }, body: formServer })).status, 200);
    const started = await controller.post<{ exitCode: number; stderr: string }>(`${path}/programs`, { argv: ['sh', '-c', 'setsid python3 form-server.py 8765 received.json >form.log 2>&1 & for n in $(seq 100); do curl -sf http://127.0.0.1:8765/ >/dev/null && exit 0; sleep 0.1; done; exit 1'] });
    assert.equal(started.exitCode, 0, started.stderr);
    const task = "Fill in the form at http://127.0.0.1:8765/ as 'Ada Lovelace' with email 'ada@example.org', plan 'Premium' and rating 70, and submit it";
    const { id } = await give(task, { desktopId: desktop.id });
    const run = await controller.ended(id, 180_000);
    assert.equal(run.state, 'succeeded', String(run.failure?.message));
    const received = JSON.parse((await fileOf(desktop.id, 'received.json')).toString()) as Record<string, string>;
    assert.deepEqual(received, { name: 'Ada Lovelace', email: 'ada@example.org', plan: 'Premium', newsletter: 'yes', rating: '70' });
    assert.match(run.answer ?? '', /Ada Lovelace/);
    const used = new Set((await controller.events(id)).flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact.action.type] : [])));
    for (const type of ['click', 'type', 'key', 'scroll', 'drag'] as const) assert.ok(used.has(type), `the form was filled in without ${type}`);
    await controller.request('DELETE', path);
  });

  it('writes accents, CJK and emoji in the editor, saved byte for byte', async () => {
    const text = 'Grüße aus Zürich, čeština, Ελλάδα, 你好世界, こんにちは, 안녕하세요, 🙂🚀 — “quoted” & done';
    const { id } = await give(`Write this text in the editor and save it as Outbox/greeting.txt: ${text}`);
    const run = await controller.ended(id);
    assert.equal(run.state, 'succeeded', String(run.failure?.message));
    const saved = await fileOf(run.desktopId, 'Outbox/greeting.txt');
    assert.equal(saved.toString('utf8').replace(/\n$/, ''), text);
    const [artefact] = run.artefacts;
    assert.equal(artefact?.name, 'greeting.txt');
    const kept = await controller.request('GET', `/api/runs/${id}/artefacts/${artefact?.id}`);
    assert.deepEqual(Buffer.from(await kept.arrayBuffer()), saved);
    await controller.request('DELETE', `/api/desktops/${run.desktopId}`);
  });

  it('asks a person what the task leaves open, and goes on with the answer', async () => {
    const task = 'Ask me for a word and print it in the terminal';
    const { id } = await give(task, { tools: ['ask_person'] });
    const approval = await controller.pendingApproval(id);
    assert.deepEqual([approval.kind, approval.question], ['question', { text: 'Which word should I print?', choices: ['Vitrine', 'harbour'] }]);
    assert.equal((await controller.request('POST', `/api/approvals/${approval.id}/decision`, { decision: 'approve' })).status, 422);
    await controller.post(`/api/approvals/${approval.id}/answer`, { answer: 'lighthouse', digest: approval.digest });
    const run = await controller.ended(id);
    assert.deepEqual([run.state, run.answer], ['succeeded', 'The terminal shows: lighthouse']);
    await controller.request('DELETE', `/api/desktops/${run.desktopId}`);
    const silent = await controller.ended((await give(task, { keepForMs: 0 })).id);
    assert.match(silent.answer ?? '', /I would have to ask a person: Which word should I print\?/, 'it may not ask unless it is let');
  });

  describe('a safety check', () => {
    const task = 'Print a random number in the terminal after a safety check';
    const number = /^\d{9}$/;

    it('waits for a person, and is performed when approved', async () => {
      const { id } = await give(task);
      const approval = await controller.pendingApproval(id);
      assert.equal(approval.calls[0]?.safetyChecks[0]?.code, 'malicious_instructions');
      const before = await controller.events(id);
      assert.ok(!before.some(({ fact }) => fact.type === 'action.intended' && fact.callId === approval.calls[0]?.callId), 'nothing of the call was sent');
      await controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'approve', digest: approval.digest });
      const second = await controller.request('POST', `/api/approvals/${approval.id}/decision`, { decision: 'deny' });
      assert.equal(second.status, 409);
      const run = await controller.ended(id);
      assert.match(run.answer ?? '', number);
      assert.equal(run.answer, (await fileOf(run.desktopId, 'number.txt')).toString().trim());
      await controller.request('DELETE', `/api/desktops/${run.desktopId}`);
    });

    for (const how of ['denied', 'timed out'] as const) {
      it(`is not performed when ${how}, and the model is told`, async () => {
        const { id } = await give(task, how === 'timed out' ? { approvalTimeoutMs: 1500 } : {});
        const approval = await controller.pendingApproval(id);
        if (how === 'denied') await controller.post(`/api/approvals/${approval.id}/decision`, { decision: 'deny', reason: 'not today' });
        const run = await controller.ended(id);
        assert.doesNotMatch(run.answer ?? '', number);
        const ended = (await controller.events(id)).flatMap(({ fact }) => (fact.type === 'turn.ended' ? fact.results : [])).find(({ callId }) => callId === approval.calls[0]?.callId);
        assert.match(ended?.notes.join(' ') ?? '', how === 'denied' ? /not today/ : /nobody approved it in time/);
        const files = await controller.get<{ entries: { path: string }[] }>(`/api/desktops/${run.desktopId}/files`);
        assert.ok(!files.entries.some(({ path }) => path === 'number.txt'), 'the refused command left no file');
        assert.equal((await controller.get<{ state: string }>(`/api/approvals/${approval.id}`)).state, how === 'denied' ? 'denied' : 'expired');
        await controller.request('DELETE', `/api/desktops/${run.desktopId}`);
      });
    }
  });
});
