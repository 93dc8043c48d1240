import { z } from 'zod';
import { VitrineError } from '../errors.ts';
import { readJsonFile } from '../json-file.ts';
import { policyOf } from './rule.ts';
import type { PolicyRule } from './rule.ts';

/** Most rules in a file. */
const maxRules = 100;

const PolicyFile = z.strictObject({ rules: policyOf(maxRules) });

/** Reads the rules of a deployment. Throws VitrineError `invalid_request` naming the file, the rule and the field. */
export function readPolicyFile(path: string): readonly PolicyRule[] {
  const raw = readJsonFile(path, 'VITRINE_POLICY_FILE');
  const read = PolicyFile.safeParse(raw);
  if (read.success) return read.data.rules;
  const issues = read.error.issues.slice(0, 5).map(({ path: where, message }) => `${placeOf(raw, where)}: ${message}`);
  throw new VitrineError('invalid_request', `${path}: ${issues.join('; ')}`);
}

/** `rule no-sudo: when.text` for a place inside a rule that has a name. */
function placeOf(raw: unknown, path: readonly PropertyKey[]): string {
  const [list, index, ...field] = path;
  if (list !== 'rules' || typeof index !== 'number') return path.map(String).join('.') || 'the file';
  const rule: unknown = (raw as { rules: readonly unknown[] }).rules[index];
  const name: unknown = typeof rule === 'object' && rule !== null && 'name' in rule ? rule.name : undefined;
  return [`rule ${typeof name === 'string' && name.length <= 64 ? name : `number ${index + 1}`}`, field.map(String).join('.')].filter((part) => part !== '').join(': ');
}
