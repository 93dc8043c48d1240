import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { VitrineError } from '../../controller/errors.ts';
import { readPolicyFile } from '../../controller/policy/policy-file.ts';

/** What reading a file with this content comes to: its rules, or the words of the refusal without the file's path. */
function read(content: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-policy-'));
  const path = join(folder, 'policy.json');
  writeFileSync(path, content);
  try {
    return readPolicyFile(path);
  } catch (error) {
    assert.ok(error instanceof VitrineError && error.code === 'invalid_request', String(error));
    assert.ok(error.message.startsWith(path));
    return error.message.slice(path.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ruleWith = (more: object) => JSON.stringify({ rules: [{ name: 'no-sudo', verdict: 'refuse', reason: 'never as root', when: { text: { contains: 'sudo' } }, ...more }] });

describe('the policy file', () => {
  it('gives its rules', () => {
    assert.deepEqual(read(ruleWith({})), [{ name: 'no-sudo', verdict: 'refuse', reason: 'never as root', when: { text: { contains: 'sudo', ignoreCase: false } } }]);
  });

  it('is refused with the rule and the field that is wrong', () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['{', /^ is no JSON$/],
      ['{"rule":[]}', /rules/],
      [ruleWith({ verdict: 'allow' }), /^: rule no-sudo: verdict: .*ask/],
      [ruleWith({ reason: ' ' }), /^: rule no-sudo: reason: /],
      [ruleWith({ name: 'no sudo' }), /rule no sudo: name: must be 1 to 64 letters/],
      [ruleWith({ when: {} }), /rule no-sudo: when: says nothing/],
      [ruleWith({ when: { host: 'example.com' } }), /rule no-sudo: when: .*host/],
      [ruleWith({ when: { actions: ['klick'] } }), /rule no-sudo: when\.actions\.0: /],
      [ruleWith({ when: { actions: ['click'], text: { contains: 'x' } } }), /when\.actions: click has no text/],
      [ruleWith({ when: { text: { contains: 'x', matches: 'x' } } }), /when\.text: must have either/],
      [ruleWith({ when: { text: { matches: '(' } } }), /when\.text\.matches: cannot be read at character 1/],
      [ruleWith({ when: { text: { matches: '(?=x)' } } }), /when\.text\.matches: .*look ahead/],
      [ruleWith({ when: { text: { matches: 'x*' } } }), /when\.text\.matches: matches the empty text/],
      [JSON.stringify({ rules: [...(JSON.parse(ruleWith({})) as { rules: object[] }).rules, ...(JSON.parse(ruleWith({})) as { rules: object[] }).rules] }), /rule no-sudo: name: no-sudo is the name of another rule too/],
      [JSON.stringify({ rules: [{ verdict: 'ask' }] }), /rule number 1: name/],
    ];
    for (const [content, why] of wrong) assert.match(String(read(content)), why);
  });

  it('is named when it cannot be read', () => {
    assert.throws(() => readPolicyFile('/nowhere/policy.json'), /VITRINE_POLICY_FILE names \/nowhere\/policy\.json, which cannot be read/);
  });
});
