import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choicesOf, draftOf, emptyDraft, requestOf, withChoices, withTemplate } from '../../../controller/console/pages/start/draft.ts';
import { hostsOf, hostText } from '../../../controller/console/pages/start/hosts.ts';
import { RunRequest } from '../../../controller/runs/run.ts';

const draft = { ...emptyDraft, task: 'Do it' };
const read = (changes: Partial<typeof emptyDraft>) => requestOf({ ...draft, ...changes });

describe('a draft of a run', () => {
  it('leaves to the server what is left empty', () => {
    const written = requestOf(draft);
    assert.ok('request' in written);
    assert.deepEqual(written.request, { task: 'Do it', display: { width: 1280, height: 800 }, network: { mode: 'none' }, tools: ['ask_person'] });
  });

  it('is what the server takes, with every field filled in', () => {
    const written = read({ model: 'gpt', width: '1024', height: '768', network: 'ask', hosts: 'example.com, *.example.org:443,8443', shell: true, files: true, secrets: 'bank, mail', maxSteps: '9', maxMinutes: '1.5', maxTokens: '1000', maxCostUsd: '0.5', approvalMinutes: '2', keepMinutes: '3', rules: '[]' });
    assert.ok('request' in written, JSON.stringify(written));
    const parsed = RunRequest.parse(written.request);
    assert.deepEqual(parsed.budgets, { maxSteps: 9, maxDurationMs: 90_000, maxTokens: 1000, maxCostUsd: 0.5 });
    assert.deepEqual([parsed.approvalTimeoutMs, parsed.keepForMs, parsed.tools, parsed.secrets], [120_000, 180_000, ['shell', 'files', 'ask_person'], ['bank', 'mail']]);
    assert.deepEqual('allow' in parsed.network ? parsed.network.allow : null, [{ host: 'example.com', ports: [443] }, { host: '*.example.org', ports: [443, 8443] }]);
  });

  it('leaves to its template what that says', () => {
    const written = read(withTemplate('research'));
    assert.ok('request' in written);
    assert.deepEqual(written.request, { task: 'Do it', template: 'research', tools: ['ask_person'] });
    const own = read({ ...withTemplate('research'), network: 'allow', hosts: 'a.com', width: '1024', height: '768' });
    assert.ok('request' in own);
    assert.deepEqual(own.request, { task: 'Do it', template: 'research', display: { width: 1024, height: 768 }, network: { mode: 'allow', allow: [{ host: 'a.com', ports: [443] }] }, tools: ['ask_person'] });
    assert.deepEqual({ ...emptyDraft, ...withTemplate('research'), ...withTemplate('') }, emptyDraft);
    assert.equal(withChoices('{"network":"template"}').network, 'none');
    assert.equal(withChoices('{"network":"template","template":"research"}').network, 'template');
  });

  it('names every field that needs another value', () => {
    for (const [changes, fields] of [
      [{ task: '  ' }, ['task']], [{ width: '10', height: 'x' }, ['width', 'height']], [{ width: '' }, ['width']], [{ maxSteps: '1.5', maxCostUsd: '-1' }, ['maxSteps', 'maxCostUsd']],
      [{ network: 'allow' as const }, ['hosts']], [{ network: 'ask' as const, hosts: 'https://x.com/' }, ['hosts']], [{ rules: '{' }, ['rules']], [{ rules: '{}' }, ['rules']],
    ] as const) {
      const written = read(changes);
      assert.deepEqual('problems' in written ? Object.keys(written.problems) : [], fields);
    }
  });

  it('keeps its choices and not its task, and survives whatever was kept', () => {
    assert.deepEqual(withChoices(choicesOf({ ...draft, network: 'ask', maxSteps: '7' })), { ...emptyDraft, network: 'ask', maxSteps: '7' });
    for (const kept of [null, '', '{', '3', 'null', '[]', '{"network":"all","maxSteps":5,"task":"old","shell":"yes","__proto__":{"x":1}}']) assert.deepEqual(withChoices(kept), emptyDraft, kept ?? 'null');
  });

  it('is filled in like an earlier run', () => {
    const again = draftOf({ task: 'Again', model: null, budgets: { maxSteps: 5, maxDurationMs: 60_000, maxTokens: 10 } }, { mode: 'allow', allow: [{ host: 'a.com', ports: [443] }, { host: 'b.com', ports: [80] }], maxUpBytes: 1, maxDownBytes: 1 });
    assert.deepEqual([again.task, again.network, again.hosts, again.maxSteps, again.maxMinutes, again.maxCostUsd], ['Again', 'allow', 'a.com\nb.com:80', '5', '1', '']);
  });
});

describe('hosts as they are typed', () => {
  it('are rules with ports, 443 unless named', () => {
    assert.deepEqual(hostsOf(' a.com\nb.com:80,443; *.c.org  d.com:22,e.com'), { rules: [{ host: 'a.com', ports: [443] }, { host: 'b.com', ports: [80, 443] }, { host: '*.c.org', ports: [443] }, { host: 'd.com', ports: [22] }, { host: 'e.com', ports: [443] }] });
    assert.deepEqual(hostsOf(''), { rules: [] });
    assert.equal(hostText({ host: 'b.com', ports: [80, 443] }), 'b.com:80,443');
  });

  it('are refused with words where they are none', () => {
    for (const text of ['https://a.com', 'a.com/path', 'a..com', '-a.com', 'a.com:0', 'a.com:70000', '*', 'a b@c']) assert.ok('problem' in hostsOf(text), text);
  });
});
