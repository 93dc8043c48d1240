import type { z } from 'zod';

/** What a schema found wrong, in one line: at most three findings, each with its path. */
export function issueWords(error: z.ZodError): string {
  return error.issues.slice(0, 3).map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message)).join('; ');
}
