import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NetworkPolicy } from '../../controller/gate/network-policy.ts';
import { containersOf, createTemplates, desktopOn, NewDesktop, NewRun, rulesOf, runOn, Template } from '../../controller/runs/templates/template.ts';
import { readTemplatesFile } from '../../controller/runs/templates/templates-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const network = NetworkPolicy.parse({ mode: 'allow', allow: [{ host: '*.example.org' }] });
const noRoot = { name: 'no-root', verdict: 'refuse', reason: 'never', when: { text: { contains: 'sudo' } } };
const research = Template.parse({ display: { width: 1024, height: 768 }, network, budgets: { maxSteps: 50, maxCostUsd: 2 }, rules: [noRoot], seccomp: 'strict', memoryMb: 512 });
const templates = createTemplates({ research });
const run = (body: object = {}, mayWiden = false, name = 'research') => runOn(templates.get(name), NewRun.parse({ task: 'x', template: name, ...body }), mayWiden);
const one = { mode: 'allow', allow: [{ host: 'www.example.org' }] };

describe('a template', () => {
  it('says what a request leaves out', () => {
    assert.deepEqual([run().display, run().network], [{ width: 1024, height: 768 }, network]);
    assert.deepEqual(run({ display: { width: 800, height: 600 } }).display, { width: 800, height: 600 });
    assert.deepEqual(run({}, false, 'default').network, { mode: 'none' });
    assert.deepEqual(desktopOn(templates.get('research'), NewDesktop.parse({ template: 'research' }), false), { template: 'research', display: { width: 1024, height: 768 }, network });
    assert.deepEqual(desktopOn(templates.get('default'), NewDesktop.parse({}), false), { template: 'default', display: { width: 1280, height: 800 }, network: { mode: 'none' } });
  });

  it('lets a request narrow its way out, and widen it only with the scope', () => {
    assert.deepEqual(run({ network: one }).network, NetworkPolicy.parse(one));
    assert.deepEqual(run({ network: { mode: 'none' } }).network, { mode: 'none' });
    const wider = { mode: 'open' };
    for (const ask of [() => run({ network: wider }), () => desktopOn(templates.get('research'), NewDesktop.parse({ template: 'research', network: wider }), false)]) {
      assert.throws(ask, { code: 'forbidden', message: /a wider way out than its template research does needs the scope network:write/ });
    }
    assert.throws(() => run({ network: one }, false, 'default'), { code: 'forbidden', message: /^giving a desktop a way out needs the scope network:write/ });
    assert.equal(run({ network: wider }, true).network.mode, 'open');
  });

  it('bounds what a run may take', () => {
    assert.deepEqual([run().budgets.maxSteps, run().budgets.maxCostUsd, run().budgets.maxTokens], [50, 2, 5_000_000]);
    assert.deepEqual(run({ budgets: { maxSteps: 7, maxCostUsd: 9 } }).budgets, { ...run().budgets, maxSteps: 7, maxCostUsd: 2 });
    assert.equal(run({}, false, 'default').budgets.maxCostUsd, undefined);
  });

  it('makes containers, where it says nothing as every other', () => {
    const every = { image: 'desktop', seccomp: 'browser', memoryBytes: 2 ** 31, cpus: 2, pids: 512 } as const;
    assert.deepEqual(containersOf(templates, every), { default: every, strict: { ...every, seccomp: 'strict' }, research: { ...every, seccomp: 'strict', memoryBytes: 2 ** 29 } });
  });

  it('has rules, which a run of a template that is gone has no more', () => {
    assert.deepEqual([rulesOf(templates, 'research').map(({ name }) => name), rulesOf(templates, undefined), rulesOf(templates, 'gone')], [['no-root'], [], []]);
    assert.throws(() => templates.get('gone'), { code: 'invalid_request', message: 'there is no desktop template "gone"; there are: default, strict, research' });
  });
});

describe('the file of templates', () => {
  it('is read, and a mistake in it is named with its template and field', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'templates.json');
    const read = async (content: unknown) => {
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
      return readTemplatesFile(file);
    };
    assert.deepEqual(await read({ templates: { research: { ...research } } }), { research });
    for (const [content, message] of [
      [{ templates: { research: { network: { mode: 'all' } } } }, /templates\.json: template research: network\.mode: /],
      [{ templates: { research: { rules: [{ ...noRoot, when: {} }] } } }, /template research: rules\.0\.when: says nothing/],
      [{ templates: { research: { colour: 'red' } } }, /template research: .*colour/],
      [{ templates: { default: {} } }, /template default: is there in every deployment/],
      [{ templates: { 'a b': {} } }, /a b.*must be 1 to 64 letters/],
      ['{', /is no JSON/],
    ] as const) await assert.rejects(read(content), { code: 'invalid_request', message });
    assert.throws(() => readTemplatesFile(join(folder.path, 'none.json')), { message: /VITRINE_TEMPLATES_FILE names .*none\.json, which cannot be read/ });
  });
});
