import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import type { GateDecision } from '../../controller/gate/gate.ts';
import type { GateOwner, Gates } from '../../controller/gate/gates.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createMetrics } from '../../controller/metrics/metrics.ts';
import type { Metrics } from '../../controller/metrics/metrics.ts';
import { sampleCommit } from '../journal/sample-commit.ts';
import { startFakeApi } from '../support/fake-api.ts';
import { sampleApproval, sampleHistory, sampleRun } from '../support/sample-run.ts';
import { metricsPage } from './metrics-page.ts';
import { valueOf } from './scraped.ts';

const decision: GateDecision = { host: 'a.example', port: 443, kind: 'connect', verdict: 'allowed', rule: 'a.example:443', reason: null, isQuiet: false, address: '1.2.3.4', bytesUp: 10, bytesDown: 20, ms: 1 };
const noDesktops = { list: () => [] };
const models = { list: () => [{ name: 'rehearsal', provider: 'rehearsal', dialect: 'x', usable: true, reason: null }] };
const diskUse = () => ({ folder: '/x', journalBytes: 5, framesBytes: null, artefactsBytes: 7, uploadsBytes: 3, freeBytes: 11, totalBytes: 13 });

async function text(metrics: Metrics): Promise<string> {
  return (await metrics.page()).text;
}

/** Metrics around a journal that has a whole run committed, fact by fact. */
async function withJournal(work: (metrics: Metrics, journal: ReturnType<typeof openJournal>) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-metrics-'));
  const metrics = createMetrics();
  const journal = metrics.aroundJournal(openJournal(folder));
  metrics.readFrom({ journal, desktops: noDesktops, models, diskUse, maxDesktops: 4 });
  try {
    await work(metrics, journal);
  } finally {
    journal.close();
    rmSync(folder, { recursive: true });
  }
}

/** Gates that hand out what they were opened with. */
function heldGates() {
  const owners: GateOwner[] = [];
  const gates: Gates = { open: (_id, owner) => void owners.push(owner), change: () => {}, traffic: () => undefined, close: () => {}, closeAll: () => {} };
  return { gates, owners };
}

describe('metrics', () => {
  it('count what is committed, by kind', () => withJournal(async (metrics, journal) => {
    const { run, events } = sampleHistory('run-1');
    for (const [index, { fact, at }] of events.entries()) journal.commit(sampleCommit({ expectedVersion: index, at, view: { ...run, createdAt: run.createdAt }, facts: [fact] }));
    const page = await text(metrics);
    const performed = events.flatMap(({ fact }) => (fact.type === 'action.ended' ? [fact] : []));
    for (const type of new Set(performed.map(({ action }) => action.type))) {
      for (const outcome of new Set(performed.filter(({ action }) => action.type === type).map((one) => one.outcome.status))) {
        const wanted = performed.filter((one) => one.action.type === type && one.outcome.status === outcome).length;
        assert.equal(valueOf(page, 'vitrine_actions_total', { type, outcome }), wanted, `${type} ${outcome}`);
      }
    }
    assert.equal(valueOf(page, 'vitrine_action_phase_seconds_count', { phase: 'settle' }), performed.length);
    const settled = performed.reduce((sum, { timings }) => sum + timings.settleMs, 0) / 1000;
    assert.ok(Math.abs((valueOf(page, 'vitrine_action_phase_seconds_sum', { phase: 'settle' }) ?? 0) - settled) < 1e-9);
    const answered = events.flatMap(({ fact }) => (fact.type === 'model.answered' ? [fact] : []));
    assert.equal(valueOf(page, 'vitrine_model_requests_total', { model: 'rehearsal', outcome: 'answered' }), answered.length);
    assert.equal(valueOf(page, 'vitrine_model_tokens_total', { model: 'rehearsal', kind: 'input' }), answered.reduce((sum, { answer }) => sum + answer.usage.inputTokens, 0));
    assert.equal(valueOf(page, 'vitrine_approvals_decided_total', { kind: 'safety_check', decision: 'approved' }), 1);
    assert.equal(valueOf(page, 'vitrine_approval_wait_seconds_sum', { kind: 'safety_check' }), 6.4);
    assert.equal(valueOf(page, 'vitrine_runs_created_total', { driver: 'model' }), 1);
    assert.equal(valueOf(page, 'vitrine_runs_ended_total', { state: 'succeeded', failure: '' }), 1);
    assert.equal(valueOf(page, 'vitrine_journal_commit_seconds_count', {}), events.length);
    assert.equal(valueOf(page, 'vitrine_journal_events_total', {}), events.length);
    assert.equal(valueOf(page, 'vitrine_metrics_uncounted_total', {}), 0);
  }));

  it('read what waits from the journal, over all projects, and count a commit that fails', () => withJournal(async (metrics, journal) => {
    const pending = (id: string, runId: string) => ({ id, runId, state: 'pending', openedAt: 1, approval: sampleApproval(id, runId) });
    const queued = Date.now() - 5000;
    for (const [runId, project] of [['r-1', 'one'], ['r-2', 'two']] as const) {
      journal.commit(sampleCommit({ runId, index: { project, driver: 'model', state: 'queued', isOver: false, desktopId: null, task: 't', createdAt: queued }, view: sampleRun(runId), approvals: [pending(`a-${runId}`, runId)] }));
    }
    journal.commit(sampleCommit({ runId: 'r-3', index: { project: 'two', driver: 'model', state: 'succeeded', isOver: true, desktopId: null, task: 't', createdAt: 5 }, view: sampleRun('r-3') }));
    assert.throws(() => journal.commit(sampleCommit({ runId: 'r-3', expectedVersion: 7, view: sampleRun('r-3'), facts: [{ type: 'run.created' }] })), { code: 'conflict' });
    const page = await text(metrics);
    assert.equal(valueOf(page, 'vitrine_runs', { state: 'queued' }), 2);
    assert.equal(valueOf(page, 'vitrine_runs', { state: 'succeeded' }), undefined);
    const oldest = valueOf(page, 'vitrine_queue_oldest_seconds', {}) ?? 0;
    assert.ok(oldest >= 5 && oldest < 60, String(oldest));
    assert.equal(valueOf(page, 'vitrine_approvals_pending', { kind: 'safety_check' }), 2);
    assert.equal(valueOf(page, 'vitrine_journal_commit_failures_total', {}), 1);
    assert.equal(valueOf(page, 'vitrine_runs_created_total', { driver: 'model' }), undefined, 'what was not committed is not counted');
    assert.deepEqual([valueOf(page, 'vitrine_data_bytes', { kind: 'journal' }), valueOf(page, 'vitrine_data_bytes', { kind: 'frames' }), valueOf(page, 'vitrine_disk_free_bytes', {})], [5, undefined, 11]);
  }));

  it('count the gate by outcome and reason, and tell the run all the same', async () => {
    const metrics = createMetrics();
    const { gates, owners } = heldGates();
    const told: GateDecision[] = [];
    metrics.aroundGates(gates).open('d-1', { policy: { mode: 'none' }, allowed: [], questions: { ask: async () => 'deny' }, onDecision: (one) => void told.push(one), openForwarder: () => Promise.reject(new Error('not asked')) });
    const given: GateDecision[] = [decision, { ...decision, verdict: 'refused', rule: 'browser', isQuiet: true, reason: 'x', bytesUp: 0, bytesDown: 0 }, { ...decision, reason: 'the desktop is released' }];
    for (const one of given) owners[0]?.onDecision(one);
    assert.deepEqual(told, given);
    const page = await text(metrics);
    assert.equal(valueOf(page, 'vitrine_gate_decisions_total', { outcome: 'allowed', reason: 'rule' }), 1);
    assert.equal(valueOf(page, 'vitrine_gate_decisions_total', { outcome: 'refused', reason: 'browser' }), 1);
    assert.equal(valueOf(page, 'vitrine_gate_decisions_total', { outcome: 'cut', reason: 'rule' }), 1);
    assert.deepEqual([valueOf(page, 'vitrine_gate_bytes_total', { direction: 'up' }), valueOf(page, 'vitrine_gate_bytes_total', { direction: 'down' })], [20, 40]);
  });

  it('do not grow with hosts, tasks, runs or paths, and tell none of them', async () => {
    await using api = await startFakeApi();
    await withJournal(async (metrics, journal) => {
      const { gates, owners } = heldGates();
      metrics.aroundGates(gates).open('d-1', { policy: { mode: 'none' }, allowed: [], questions: { ask: async () => 'deny' }, onDecision: () => {}, openForwarder: () => Promise.reject(new Error('not asked')) });
      const round = async (from: number) => {
        for (let index = from; index < from + 10; index += 1) {
          owners[0]?.onDecision({ ...decision, host: `canary-${index}.example`, rule: `canary-${index}.example:443`, reason: `canary-${index}` });
          const { run, events } = sampleHistory(`run-canary-${index}`, { task: `canary-${index}` });
          for (const [at, { fact }] of events.entries()) journal.commit(sampleCommit({ runId: run.id, expectedVersion: at, view: { ...run, model: `canary-${index}` }, facts: [fact] }));
          await (await api.ask(`/api/runs/canary-${index}`)).text();
          await (await api.ask(`/canary-${index}?canary=1`, { method: index % 2 === 0 ? 'POST' : 'GET' })).text();
        }
        return `${await text(metrics)}${await (await api.ask('/metrics')).text()}`;
      };
      await (await api.ask('/metrics')).text(); // Counted from here on.
      const [first, second] = [await round(0), await round(10)];
      assert.equal(second.split('\n').length, first.split('\n').length);
      assert.doesNotMatch(second, /canary/);
      assert.equal(valueOf(second, 'vitrine_http_requests_total', { route: 'GET /api/runs/{id}', status: '404' }), 20);
    });
  });

  it('are for whoever has a token, of every role', async () => {
    await using api = await startFakeApi();
    assert.equal((await fetch(`${api.url}/metrics`)).status, 401);
    const made = await api.ask('/api/tokens', { method: 'POST', body: { name: 'prometheus', role: 'viewer' } });
    const { token } = await made.json() as { token: string };
    const answer = await fetch(`${api.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.equal(valueOf(await answer.text(), 'vitrine_http_requests_total', { route: 'GET /metrics', status: '401' }), 1);
  });

  it('know which event streams are open', async () => {
    await using api = await startFakeApi();
    const leave = new AbortController();
    const stream = await fetch(`${api.url}/api/events`, { headers: { authorization: 'Bearer test-token-0123456789', accept: 'text/event-stream' }, signal: leave.signal });
    assert.equal(valueOf(await (await api.ask('/metrics')).text(), 'vitrine_event_streams_open', {}), 1);
    leave.abort();
    await stream.body?.cancel().catch(() => undefined);
    while (valueOf(await (await api.ask('/metrics')).text(), 'vitrine_event_streams_open', {}) !== 0) await new Promise((next) => setTimeout(next, 10));
  });

  it('know how many live views are open', async () => {
    const metrics = createMetrics();
    const [one, other] = [new PassThrough(), new PassThrough()];
    for (const connection of [one, other]) metrics.viewing(connection);
    assert.equal(valueOf(await text(metrics), 'vitrine_viewers_open', {}), 2);
    one.destroy();
    await once(one, 'close');
    assert.equal(valueOf(await text(metrics), 'vitrine_viewers_open', {}), 1);
  });

  it('are described in docs/metrics.md as `npm run docs:metrics` writes it', () => {
    assert.equal(readFileSync(resolve(import.meta.dirname, '../../docs/metrics.md'), 'utf8'), metricsPage());
  });
});
