import { z } from 'zod';
import type { GateDecision } from './gate.ts';

/** What became of a desktop's wish to reach a host, as it is recorded: the first of its kind, not every request. */
export const Contact = z.strictObject({
  host: z.string(),
  port: z.int(),
  kind: z.enum(['connect', 'http']),
  verdict: z.enum(['allowed', 'refused']),
  /** The rule that decided, `person`, or what made it fail. */
  rule: z.string(),
  reason: z.string().nullable(),
  /** The address that was dialled. */
  address: z.string().nullable(),
}).meta({ id: 'Contact' });
export type Contact = z.infer<typeof Contact>;

/** A decision without its figures. */
export function contactOf({ host, port, kind, verdict, rule, reason, address }: GateDecision): Contact {
  return { host, port, kind, verdict, rule, reason, address };
}

/** A host in the sum of a run's contacts. */
export const HostTotal = z.strictObject({ host: z.string(), port: z.int(), allowed: z.int(), refused: z.int(), bytesUp: z.int(), bytesDown: z.int(), /** Why it was refused last. */ reason: z.string().nullable() }).meta({ id: 'HostTotal' });
export type HostTotal = z.infer<typeof HostTotal>;
