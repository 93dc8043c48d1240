import type { GateDecision } from '../gate/gate.ts';
import type { Meters } from './meters.ts';

/** Reasons that are words of the gate; whatever else decides is a rule that was given, whose name would tell a host. */
const reasons: readonly string[] = ['form', 'address', 'unreachable', 'person', 'waiting', 'none', 'allow', 'ask', 'open', 'browser', 'plain'];

/** Counts what became of a request at a gate. */
export function countDecision(meters: Meters, { verdict, rule, reason, bytesUp, bytesDown }: GateDecision): void {
  const outcome = verdict === 'allowed' && reason !== null ? 'cut' : verdict;
  meters.gateDecisions.inc({ outcome, reason: reasons.includes(rule) ? rule : rule.startsWith('policy:') ? 'policy' : 'rule' });
  meters.gateBytes.inc({ direction: 'up' }, bytesUp);
  meters.gateBytes.inc({ direction: 'down' }, bytesDown);
}
