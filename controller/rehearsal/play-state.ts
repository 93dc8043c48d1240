import { z } from 'zod';

/**
 * How far a script has come. It travels in the `encrypted_content` of a reasoning item, which the client gives back
 * with every request: so the server remembers nothing, and may be another one each time.
 */
export const PlayState = z.strictObject({
  script: z.string(),
  step: z.string(),
  /** `entering`: the step's actions are still to be done. `acted`: they were asked for in the call before. `waiting`: they were done earlier. */
  phase: z.enum(['entering', 'acted', 'waiting']),
  /** How often the step has looked or acted without success. */
  tries: z.int().nonnegative(),
  /** Captures of the task and what was read from the screen. */
  values: z.record(z.string(), z.string()),
});
export type PlayState = z.infer<typeof PlayState>;

const Json = z.string().transform((text, context) => {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'not readable' });
    return z.NEVER;
  }
}).pipe(PlayState);

export function encodeState(state: PlayState): string {
  return Buffer.from(JSON.stringify(state), 'utf8').toString('base64url');
}

/** Undefined for what this server did not write. */
export function decodeState(text: string): PlayState | undefined {
  return Json.safeParse(text).data;
}
