import type { z } from 'zod';
import { VitrineError } from '../errors.ts';

/** A value as a schema has it. Throws `invalid_request` that names each place and what is wrong there, values aside. */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, part: 'path' | 'query' | 'body'): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 10).map((issue) => ({ path: [part, ...issue.path.map(String)].join('.'), message: messageOf(issue) }));
  const message = issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ');
  throw new VitrineError('invalid_request', message.slice(0, 2000), { details: { issues } });
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  return `unknown field${issue.keys.length > 1 ? 's' : ''} ${issue.keys.slice(0, 10).map((key) => JSON.stringify(key.slice(0, 64))).join(', ')}`;
}
