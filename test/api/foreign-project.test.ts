import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { routes } from '../../controller/api/contract.ts';
import type { RouteSpec } from '../../controller/api/contract.ts';
import type { DesktopView } from '../../controller/desktops/desktop.ts';
import type { Run } from '../../controller/runs/run.ts';
import type { Upload } from '../../controller/runs/files/upload.ts';
import { clicks, startGateway, token } from '../gateway/gateway-world.ts';
import { waitFor } from '../support/wait-for.ts';

/** Valid bodies of the routes under an id that take one. */
const bodies: Readonly<Record<string, unknown>> = {
  'POST /api/desktops/{id}/actions': { actions: [{ type: 'click', x: 1, y: 1 }] },
  'PUT /api/desktops/{id}/clipboard': { text: 'x' },
  'POST /api/desktops/{id}/programs': { argv: ['id'] },
  'POST /api/desktops/{id}/control/renew': { lease: 'a'.repeat(16) },
  'POST /api/desktops/{id}/control/give-back': { lease: 'a'.repeat(16) },
  'POST /api/desktops/{id}/control/end-process': { lease: 'a'.repeat(16), pid: 2, command: 'x' },
  'POST /api/runs/{id}/messages': { text: 'x' },
  'POST /api/runs/{id}/policy-test': { rules: [] },
  'POST /api/runs/{id}/network': { allow: [{ host: 'example.org' }] },
  'POST /api/approvals/{id}/decision': { decision: 'approve' },
  'POST /api/approvals/{id}/answer': { answer: 'yes' },
};

describe('what belongs to another project', async () => {
  const check = { ...clicks(), calls: clicks().calls.map((call) => ({ ...call, safetyChecks: [{ id: 'check', code: 'x', message: 'look' }] })) };
  const world = await startGateway([check]);
  after(() => world[Symbol.asyncDispose]());
  const ask = (path: string, bearer: string, method = 'GET', body?: unknown) => fetch(`${world.url}${path}`, {
    method, headers: { authorization: `Bearer ${bearer}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const stranger = (await (await ask('/api/tokens', token, 'POST', { name: 'stranger', role: 'admin', project: 'blue' })).json() as { token: string }).token;
  const run = await (await ask('/api/runs', token, 'POST', { task: 'a task of ours' })).json() as Run;
  const waiting = await waitFor('the approval', () => world.all().find(({ id, approvalId }) => id === run.id && approvalId !== null));
  const desktop = await (await ask('/api/desktops', token, 'POST', {})).json() as DesktopView;
  const upload = await (await ask('/api/uploads?name=ours', token, 'POST', 'x')).json() as Upload;
  const ours = { desktops: desktop.id, runs: run.id, approvals: waiting.approvalId ?? '', uploads: upload.id };
  const events = () => world.runs.events({ after: 0, limit: 1000 }, world.by).length;

  const table = (Object.entries(routes) as [string, RouteSpec][]).filter(([key]) => /\/(desktops|runs|approvals|uploads)\/\{id\}/.test(key));
  for (const [key, spec] of table) {
    it(`${key} answers a stranger as if it were not there`, async () => {
      const [method = '', path = ''] = key.split(' ');
      const kind = (Object.keys(ours) as (keyof typeof ours)[]).find((one) => path.startsWith(`/api/${one}/`));
      assert.ok(kind !== undefined);
      const body = bodies[key] ?? (spec.body === undefined || spec.body === 'bytes' ? undefined : {});
      const answerFor = async (id: string) => {
        const response = await ask(path.replace('{id}', id).replace('{frameId}', 'f1').replaceAll(/\{\w+\}/g, 'some'), stranger, method, body);
        return { status: response.status, text: (await response.text()).replaceAll(id, 'ID') };
      };
      const before = events();
      const foreign = await answerFor(ours[kind]);
      assert.deepEqual(foreign, await answerFor('unknown-0'));
      assert.equal(foreign.status, 404, foreign.text);
      assert.equal(events(), before, 'and nothing has happened');
    });
  }

  it('is in none of the lists of a stranger, nor in the audit', async () => {
    for (const path of ['/api/desktops', '/api/runs', '/api/approvals', '/api/inbox', '/api/events', '/api/audit']) {
      const text = await (await ask(path, stranger)).text();
      for (const id of Object.values(ours)) assert.ok(!text.includes(id), `${path} names ${id}`);
      const own = await (await ask(path, token)).text();
      assert.ok(Object.values(ours).some((id) => own.includes(id)), `${path} names none of them to us`);
    }
  });

  it('can be filtered for in vain', async () => {
    for (const path of [`/api/approvals?run=${run.id}`, `/api/runs?desktop=${ours.desktops}`]) {
      const text = await (await ask(path, stranger)).text();
      assert.ok(!text.includes(waiting.approvalId ?? 'none') && !text.includes('a task of ours'), path);
    }
  });

  it('cannot be a file of a stranger\'s run', async () => {
    const refused = await ask('/api/runs', stranger, 'POST', { task: 'go', files: [{ upload: ours.uploads, path: 'x' }] });
    const unknown = await ask('/api/runs', stranger, 'POST', { task: 'go', files: [{ upload: 'unknown-0', path: 'x' }] });
    assert.deepEqual([refused.status, (await refused.text()).replace(ours.uploads, 'ID')], [404, (await unknown.text()).replace('unknown-0', 'ID')]);
  });

  it('cannot be the desktop of a stranger\'s run', async () => {
    const refused = await ask('/api/runs', stranger, 'POST', { task: 'go', desktopId: desktop.id });
    const unknown = await ask('/api/runs', stranger, 'POST', { task: 'go', desktopId: 'unknown-0' });
    assert.deepEqual([refused.status, (await refused.text()).replace(desktop.id, 'ID')], [unknown.status, (await unknown.text()).replace('unknown-0', 'ID')]);
  });
});
