import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { startFakeApiWithDesktops } from '../support/fake-api.ts';

/** Fields of a new run: what is of the wrong type, below, above, and of another form. */
const fields: Readonly<Record<string, readonly unknown[]>> = {
  task: [5, '', 'x'.repeat(100_001), ['x']],
  model: [5, '', 'x'.repeat(129), {}],
  desktopId: [5, '', 'x'.repeat(65), null],
  priority: [1, '', 'urgent', ['high']],
  queueTimeoutMs: ['1000', 999, 604_800_001, 1000.5],
  onDesktopLost: [true, '', 'again', null],
  display: ['1280x800', { width: 1, height: 1 }, { width: 99_999, height: 800 }, { width: 1280 }],
  budgets: [5, { maxSteps: 0 }, { maxSteps: 100_001 }, { maxStep: 1 }],
  approvalTimeoutMs: ['1000', 999, 86_400_001, -0.5],
  loopGuard: [[], { turns: 1 }, { turns: 25 }, { turn: 2 }],
  onStuck: [0, '', 'wait', null],
  policy: [{}, [{}], Array.from({ length: 21 }, (_, index) => ({ name: `r${index}`, verdict: 'ask', reason: 'r', when: { actions: ['click'] } })), [{ name: 'r', verdict: 'allow', reason: 'r', when: { actions: ['click'] } }]],
  keepForMs: ['0', -1, 86_400_001, null],
  network: ['none', { mode: 'everything' }, { mode: 'allow', hosts: ['*'] }, { mode: 'none', hosts: 5 }],
  tools: ['shell', ['root'], ['shell', 'files', 'shell'], [null]],
  secrets: ['bank', [''], Array.from({ length: 33 }, () => 'bank'), ['../bank']],
  pictures: ['x', [5], Array.from({ length: 9 }, () => 'data:,'), {}],
  metadata: [[], { a: 5 }, Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])), { ['k'.repeat(65)]: 'v' }],
};

/** Ids that name nothing: each answers as one that never existed, or as no path at all. */
const ids = ['..', '..%2f..%2fetc%2fpasswd', 'D-1', 'x'.repeat(1000), '%F0%9F%99%82', 'd-foreign', 'never-existed', '%00', '__proto__', '$(id)'];
const routes = (id: string) => [`/api/runs/${id}`, `/api/desktops/${id}`, `/api/approvals/${id}`, `/api/desktops/${id}/frame`];

let count = 0;
const bad = Object.entries(fields).flatMap(([field, values]) => values.map((value, index) => ({ field, value, index })));

describe('a bad request', () => {
  let api: Awaited<ReturnType<typeof startFakeApiWithDesktops>>;
  before(async () => {
    api = await startFakeApiWithDesktops();
  });
  after(() => api.server.close(200));

  for (const { field, value, index } of bad) {
    it(`is refused for ${field}, number ${index + 1}, by its name`, async () => {
      count += 1;
      const response = await api.ask('/api/runs', { method: 'POST', body: { task: 'x', [field]: value } });
      const { error } = await response.json() as { error: { code: string; message: string } };
      assert.deepEqual([response.status, error.code], [400, 'invalid_request'], error.message);
      assert.ok(error.message.includes(field), error.message);
      assert.equal(api.runs.runs.size, 0);
    });
  }

  it('that would be good with one field less is accepted: the table above tests its fields', async () => {
    assert.equal((await api.ask('/api/runs', { method: 'POST', body: { task: 'x' } })).status, 201);
    api.runs.runs.clear();
  });

  for (const id of ids) {
    it(`for ${id.slice(0, 30)} tells nothing of what there is`, async () => {
      for (const path of routes(id)) {
        count += 1;
        const response = await api.ask(path);
        const text = await response.text();
        assert.ok([400, 404, 405].includes(response.status), `${path.slice(0, 60)}: ${response.status}`);
        assert.ok(!text.includes('    at ') && !text.includes('other'), text.slice(0, 300));
      }
    });
  }

  it('of a foreign project is answered like one for nothing', async () => {
    const [foreign, nothing] = await Promise.all(['d-foreign', 'd-nothing'].map(async (id) => {
      const response = await api.ask(`/api/desktops/${id}`);
      return [response.status, (await response.text()).replaceAll(id, 'ID')];
    }));
    assert.deepEqual(foreign, nothing);
  });

  it('was sent in as many ways as promised, with those of the API’s own tests', (test) => {
    const source = readFileSync(new URL('../api/bad-input.test.ts', import.meta.url), 'utf8');
    const rows = /const refused: [^=]*= \[\n([\s\S]*?)\n\];/.exec(source)?.[1]?.split('\n').length ?? 0;
    const addresses = [...(/const addresses: [^=]*= \[\n([\s\S]*?)\n {2}\];/.exec(source)?.[1] ?? '').matchAll(/\[[`']\//g)].length;
    test.diagnostic(`${count} here, ${rows} bodies and ${addresses} addresses in test/api/bad-input.test.ts: ${count + rows + addresses}`);
    assert.ok(count + rows + addresses >= 164, String(count + rows + addresses));
  });
});
