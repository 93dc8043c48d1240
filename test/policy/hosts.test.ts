import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ruleOnHost } from '../../controller/policy/hosts.ts';
import { PolicyRule } from '../../controller/policy/rule.ts';

const read = (when: object, verdict: 'ask' | 'refuse' = 'ask') => PolicyRule.safeParse({ name: verdict, verdict, reason: 'because', when });
const rule = (verdict: 'ask' | 'refuse', ...hosts: string[]) => read({ hosts }, verdict).data ?? assert.fail(hosts.join());
const isAbout = (pattern: string, host: string, port = 443) => ruleOnHost([rule('ask', pattern)], host, port) !== undefined;

describe('rules about hosts', () => {
  it('name hosts, everything below a domain, everything, and ports', () => {
    for (const [pattern, host, port, expected] of [
      ['example.org', 'example.org', 443, true], ['Example.ORG.', 'example.org', 443, true], ['example.org', 'www.example.org', 443, false],
      ['*.example.org', 'a.b.example.org', 443, true], ['*.example.org', 'example.org', 443, false], ['*.example.org', 'badexample.org', 443, false],
      ['*.ru', 'mail.ru', 443, true], ['*.ru', 'ru.org', 443, false], ['*', 'example.org', 22, true],
      ['*:22', 'example.org', 22, true], ['*:22', 'example.org', 443, false], ['*.example.org:8443', 'www.example.org', 8443, true], ['example.org:80', 'example.org', 443, false],
    ] as const) assert.equal(isAbout(pattern, host, port), expected, `${pattern} ${host}:${port}`);
  });

  it('are refused where they name no host', () => {
    for (const pattern of ['', '10.0.0.1', '*.10.0.0.1', 'localhost', 'a*.org', '*.*.org', 'https://example.org', 'example.org:0', 'example.org:70000', 'exa mple.org', '[::1]', '*example.org']) {
      assert.equal(read({ hosts: [pattern] }).success, false, pattern);
    }
    assert.match(read({ hosts: ['example.org'], actions: ['click'] }).error?.message ?? '', /give it a rule of its own/);
  });

  it('are judged strictest first', () => {
    const rules = [rule('ask', '*'), rule('refuse', '*.bad.org')];
    assert.deepEqual(ruleOnHost(rules, 'www.bad.org', 443), { verdict: 'refuse', rule: 'refuse', reason: 'because' });
    assert.equal(ruleOnHost(rules, 'good.org', 443)?.verdict, 'ask');
    assert.equal(ruleOnHost([], 'good.org', 443), undefined);
  });
});
