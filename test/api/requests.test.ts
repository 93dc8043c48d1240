import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { routes } from '../../controller/api/contract.ts';
import type { RouteKey, RouteSpec } from '../../controller/api/contract.ts';
import { startFakeApi, testToken } from '../support/fake-api.ts';
import { tinyPng } from '../support/memory-desktops.ts';
import { sampleApproval } from '../support/sample-run.ts';

describe('the API', () => {
  let api: Awaited<ReturnType<typeof startFakeApi>>;
  before(async () => { api = await startFakeApi(); });
  after(() => api.server.close(200));

  /** Sends a request and holds the answer against the contract. */
  async function expectJson(key: RouteKey, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const spec: RouteSpec = routes[key];
    const response = await api.ask(path, { method: key.split(' ')[0] ?? '', body });
    const text = await response.text();
    assert.equal(response.status, spec.status, text);
    return (spec.answer?.parse(JSON.parse(text)) ?? {}) as Record<string, unknown>;
  }

  it('launches, lists, shows and releases a desktop', async () => {
    const created = await expectJson('POST /api/desktops', '/api/desktops', { display: { width: 1024, height: 768 } });
    assert.deepEqual(created['display'], { width: 1024, height: 768 });
    const path = `/api/desktops/${String(created['id'])}`;
    assert.equal((await expectJson('GET /api/desktops/{id}', path))['id'], created['id']);
    assert.equal((await api.ask(path, { method: 'DELETE' })).status, 204);
    assert.equal((await api.ask(path)).status, 404);
    await expectJson('POST /api/desktops', '/api/desktops');
    assert.deepEqual(api.desktops.launches.at(-1)?.owner, { project: 'default', runId: undefined });
  });

  it('says that a desktop is launching, or gone', async () => {
    api.desktops.add('d-l').state = 'launching';
    api.desktops.add('d-b').state = 'broken';
    assert.equal((await api.ask('/api/desktops/d-l/frame')).status, 409);
    assert.equal((await api.ask('/api/desktops/d-b/frame')).status, 410);
  });

  it('performs actions and links the frame', async () => {
    api.desktops.add('d-1');
    const result = await expectJson('POST /api/desktops/{id}/actions', '/api/desktops/d-1/actions', { actions: [{ type: 'key', keys: ['Return'] }, { type: 'screenshot' }] });
    assert.equal(result['complete'], true);
    assert.deepEqual(result['links'], { run: '/api/runs/r-direct', frame: '/api/runs/r-direct/frames/f2' });
    assert.deepEqual(api.desktops.all.get('d-1')?.performed[0]?.action, { type: 'key', keys: ['enter'], repeat: 1 });
    const blind = await expectJson('POST /api/desktops/{id}/actions', '/api/desktops/d-1/actions', { actions: [{ type: 'screenshot' }], capture: null });
    assert.equal(blind['frame'], null);
  });

  it('gives the picture itself when asked, by query or Accept', async () => {
    api.desktops.add('d-1');
    for (const options of [{ path: '?picture=true', headers: { accept: '*/*' } }, { path: '', headers: { accept: 'image/png' } }]) {
      const response = await api.ask(`/api/desktops/d-1/actions${options.path}`, { method: 'POST', body: { actions: [{ type: 'screenshot' }] }, headers: options.headers });
      assert.equal(response.headers.get('content-type'), 'image/png');
      assert.equal(response.headers.get('x-vitrine-outcomes'), 'performed');
      const shown = JSON.parse(response.headers.get('x-vitrine-frame') ?? '{}') as { width: number; window: { title: string } };
      assert.deepEqual([shown.width, shown.window.title], [1280, 'Grüße 你好 🙂']);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), tinyPng);
    }
  });

  it('captures with format, scale, region and settle as asked', async () => {
    const desktop = api.desktops.add('d-1');
    await api.ask('/api/desktops/d-1/frame');
    await api.ask('/api/desktops/d-1/frame', { headers: { accept: 'image/webp' } });
    await api.ask('/api/desktops/d-1/frame?format=jpeg&quality=50&scale=0.5&settle=true&pointer=false');
    await api.ask('/api/desktops/d-1/frame?region=10,20,400,200&scale=0.25&maxWidth=50');
    assert.deepEqual(desktop.captures, [
      { capture: { format: 'png' } },
      { capture: { format: 'webp' } },
      { capture: { format: 'jpeg', quality: 50, pointer: false, maxWidth: 640, maxHeight: 400 }, settle: {} },
      { capture: { format: 'png', region: { x: 10, y: 20, width: 400, height: 200 }, maxWidth: 50, maxHeight: 50 } },
    ]);
  });

  it('takes files in and out byte for byte, under any name', async () => {
    api.desktops.add('d-1');
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));
    const path = `/api/desktops/d-1/files/${encodeURIComponent('Grüße "1".txt')}`;
    assert.equal((await expectJson('PUT /api/desktops/{id}/files/{path}', path, content))['size'], content.length);
    const response = await api.ask(path);
    assert.equal(response.headers.get('content-type'), 'application/octet-stream');
    assert.equal(response.headers.get('content-disposition'), "attachment; filename=\"Gr__e _1_.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.txt");
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), content);
    await expectJson('PUT /api/desktops/{id}/files/{path}', '/api/desktops/d-1/files/a/b/c.txt', Buffer.from('x'));
    assert.ok(api.desktops.all.get('d-1')?.files.has('a/b/c.txt'));
    assert.equal((await api.ask(path, { method: 'DELETE' })).status, 204);
    assert.equal((await api.ask(path)).status, 404);
    assert.equal((await expectJson('GET /api/desktops/{id}/files', '/api/desktops/d-1/files?recursive=true'))['truncated'], false);
  });

  it('sets and reads the clipboard, within its limit', async () => {
    api.desktops.add('d-1');
    assert.equal((await api.ask('/api/desktops/d-1/clipboard', { method: 'PUT', body: { text: 'é' } })).status, 204);
    assert.deepEqual(await expectJson('GET /api/desktops/{id}/clipboard', '/api/desktops/d-1/clipboard'), { text: 'é' });
    assert.equal((await api.ask('/api/desktops/d-1/clipboard', { method: 'PUT', body: { text: 'é'.repeat(32_769) } })).status, 400);
  });

  it('runs programs, and says when their output is no text', async () => {
    api.desktops.add('d-1');
    const text = await expectJson('POST /api/desktops/{id}/programs', '/api/desktops/d-1/programs', { argv: ['echo', 'é'] });
    assert.deepEqual([text['stdout'], text['encoding']], ['echo é\n', 'utf8']);
    const binary = await expectJson('POST /api/desktops/{id}/programs', '/api/desktops/d-1/programs', { argv: ['binary'] });
    assert.deepEqual([binary['stdout'], binary['encoding']], ['/wD+', 'base64']);
    await expectJson('GET /api/desktops/{id}/state', '/api/desktops/d-1/state');
  });

  it('creates, pages, steers and waits for runs', async () => {
    const run = await expectJson('POST /api/runs', '/api/runs', { task: 'first one' });
    await expectJson('POST /api/runs', '/api/runs', { task: 'second one' });
    const page = await expectJson('GET /api/runs', '/api/runs?limit=1&search=one') as { runs: { task: string }[]; next: string };
    assert.deepEqual(page.runs.map(({ task }) => task), ['second one']);
    const rest = await expectJson('GET /api/runs', `/api/runs?search=one&after=${page.next}`) as { runs: { task: string }[]; next: null };
    assert.deepEqual([rest.runs.map(({ task }) => task), rest.next], [['first one'], null]);
    const path = `/api/runs/${String(run['id'])}`;
    assert.equal((await expectJson('POST /api/runs/{id}/pause', `${path}/pause`))['control'], 'paused');
    assert.equal((await expectJson('POST /api/runs/{id}/resume', `${path}/resume`))['control'], 'agent');
    await expectJson('POST /api/runs/{id}/messages', `${path}/messages`, { text: 'look twice' });
    assert.deepEqual(api.runs.messages, ['look twice']);
    assert.equal((await expectJson('GET /api/runs/{id}', `${path}?wait=0.05`))['state'], 'queued', 'the wait ends without the run');
    const waiting = expectJson('GET /api/runs/{id}', `${path}?wait=30`);
    await expectJson('POST /api/runs/{id}/cancel', `${path}/cancel`, { reason: 'enough' });
    assert.equal((await waiting)['state'], 'cancelled');
    assert.equal((await expectJson('POST /api/runs/{id}/cancel', `${path}/cancel`))['state'], 'cancelled');
  });

  it('keeps a decision: the second is a conflict that names the first', async () => {
    api.runs.pending.set('ap-1', sampleApproval('ap-1', 'r-1'));
    assert.equal((await expectJson('GET /api/approvals', '/api/approvals?state=pending') as { approvals: unknown[] }).approvals.length, 1);
    assert.equal((await api.ask('/api/approvals/ap-1/decision', { method: 'POST', body: { decision: 'approve', digest: 'b'.repeat(64) } })).status, 409);
    const decided = await expectJson('POST /api/approvals/{id}/decision', '/api/approvals/ap-1/decision', { decision: 'deny', reason: 'no' });
    assert.deepEqual([decided['state'], decided['decidedBy']], ['denied', 'first-token']);
    const second = await api.ask('/api/approvals/ap-1/decision', { method: 'POST', body: { decision: 'approve' } });
    assert.equal(second.status, 409);
    assert.deepEqual((await second.json() as { error: { details: unknown } }).error.details, { state: 'denied' });
    await expectJson('GET /api/approvals/{id}', '/api/approvals/ap-1');
    api.runs.pending.set('ap-2', sampleApproval('ap-2', 'r-1', { kind: 'question', calls: [], question: { text: 'Which?', choices: ['this', 'that'] } }));
    assert.equal((await api.ask('/api/approvals/ap-2/answer', { method: 'POST', body: { answer: 'this', reason: 'both' } })).status, 400);
    assert.equal((await expectJson('POST /api/approvals/{id}/answer', '/api/approvals/ap-2/answer', { answer: ' this ' }))['answer'], 'this');
  });

  it('hands out artefacts', async () => {
    const run = await expectJson('POST /api/runs', '/api/runs', { task: 'keep' });
    const id = String(run['id']);
    const content = await readFile('test/support/fake-runs.ts');
    const kept = api.runs.runs.get(id);
    assert.ok(kept);
    api.runs.runs.set(id, { ...kept, artefacts: [{ id: 'art-1', name: 'a.txt', size: content.length, sha256: 'x' }] });
    await expectJson('GET /api/runs/{id}/artefacts', `/api/runs/${id}/artefacts`);
    const response = await api.ask(`/api/runs/${id}/artefacts/art-1`);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), content);
    assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="a\.txt"/);
  });

  it('lists models, and tells health only in part to strangers', async () => {
    await expectJson('GET /api/models', '/api/models');
    assert.deepEqual(await (await fetch(`${api.url}/healthz`)).json(), { alive: true });
    assert.deepEqual(await (await fetch(`${api.url}/readyz`)).json(), { ready: true });
    api.health.ready = false;
    api.health.checks = [{ name: 'engine', ok: false, reason: 'no engine at /var/run/docker.sock' }];
    const stranger = await fetch(`${api.url}/readyz`);
    assert.deepEqual([stranger.status, await stranger.json()], [503, { ready: false }]);
    const known = await api.ask('/readyz');
    assert.deepEqual([known.status, await known.json()], [503, { ready: false, checks: api.health.checks }]);
    api.health.ready = true;
    assert.equal((await fetch(`${api.url}/readyz`, { headers: { authorization: 'Bearer wrong' } })).status, 401);
    assert.equal((await expectJson('GET /openapi.json', '/openapi.json'))['openapi'], '3.1.0');
  });

  it('puts the security headers on every kind of answer, and no others of that sort', async () => {
    api.desktops.add('d-1');
    for (const path of ['/healthz', '/api/runs', '/api/nothing', '/api/desktops/d-1/frame', '/api/runs/none']) {
      const { headers } = await api.ask(path);
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/, path);
      assert.deepEqual(['x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'cache-control'].map((name) => headers.get(name)), ['nosniff', 'no-referrer', 'same-origin', 'same-origin', 'no-store'], path);
      assert.equal(headers.get('x-powered-by') ?? headers.get('access-control-allow-origin') ?? headers.get('etag'), null, path);
    }
  });

  it('logs requests without queries and without the token', async () => {
    api.logged.length = 0;
    await api.ask('/api/runs?search=private-words');
    await api.ask('/api/runs?token=private-token');
    assert.ok(api.logged.some((line) => line.includes('"path":"/api/runs"')));
    const all = api.logged.join('');
    assert.ok(!all.includes('private') && !all.includes(testToken));
  });
});

describe('sign-in', () => {
  it('slows an address after too many wrong tokens, with Retry-After, and never the right one', async () => {
    await using api = await startFakeApi({ maxFailures: 3 });
    for (let attempt = 0; attempt < 3; attempt += 1) assert.equal((await api.ask('/api/runs', { headers: { authorization: 'Bearer wrong' } })).status, 401);
    const response = await api.ask('/api/runs', { headers: { authorization: 'Bearer wrong' } });
    assert.equal(response.status, 429);
    assert.equal((await api.ask('/api/runs')).status, 200);
    assert.ok(Number(response.headers.get('retry-after')) > 0);
    assert.equal((await fetch(`${api.url}/healthz`)).status, 200, 'liveness needs no sign-in');
  });
});
