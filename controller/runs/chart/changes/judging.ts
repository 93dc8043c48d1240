import type { AskedCall, AskingRule } from '../../../approvals/approval.ts';
import type { Call } from '../../../dialects/transcript.ts';
import { compareSteps, judge } from '../../../policy/judge.ts';
import type { JudgedAt, JudgedCall } from '../../../policy/judge.ts';
import type { RuleMatch } from '../../../policy/rule.ts';
import type { Cut, OpenTurn, RunContext } from '../run-context.ts';
import type { RunFact } from '../../run-event.ts';

/** What the run's rules say about calls: every rule that is about them, where they refuse to go on, and which of the rest a person is asked about. */
export type Held = { readonly matches: readonly RuleMatch[]; readonly cut: Cut | null; readonly asking: readonly RuleMatch[] };

/** How calls are judged: by the window that has the focus, from a step on, and which rules a person has answered for them already. */
export type HeldAt = JudgedAt & { readonly answered?: readonly string[] | undefined };

/** Judges calls by the run's rules, behind what was typed before. */
export function heldBack(context: Pick<RunContext, 'rules' | 'line'>, calls: readonly JudgedCall[], { answered = [], ...at }: HeldAt): Held {
  const matches = judge(context.rules ?? [], calls, context.line ?? '', at);
  const refused = matches.find(({ verdict }) => verdict === 'refuse');
  const asking = matches.filter((match) => match.verdict === 'ask' && !answered.includes(match.rule) && (refused === undefined || compareSteps(match, refused) < 0));
  return { matches, asking, cut: refused === undefined ? null : { callIndex: refused.call, actionIndex: refused.index, why: refusalWords(refused) } };
}

/** The journal's word on what the rules say; none where they say nothing. */
export function judgedFacts(turn: number, matches: readonly RuleMatch[]): readonly RunFact[] {
  return matches.length === 0 ? [] : [{ type: 'policy.judged', turn, matches: [...matches] }];
}

/** Why something is not performed, in words for the model and for callers. */
export function refusalWords({ rule, reason, isWindowUnknown }: Pick<RuleMatch, 'rule' | 'reason' | 'isWindowUnknown'>): string {
  const doubt = isWindowUnknown === true ? ' Which window has the focus is not known.' : '';
  return `Not performed: the rule ${rule} refuses it: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}${doubt}`;
}

/** The turn, stopped if it stands where its rules refuse to go on. */
export function stoppedAtCut(turn: OpenTurn): OpenTurn {
  const { cut, callIndex, actionIndex } = turn;
  const isThere = cut !== undefined && cut !== null && callIndex === cut.callIndex && actionIndex === cut.actionIndex;
  return isThere && turn.stoppedBy === null ? { ...turn, stoppedBy: cut.why } : turn;
}

/** What is left of a turn to be performed, as a person is asked about it: from its present action to where it is refused. */
export function waitingCalls({ calls, callIndex, actionIndex, cut }: Pick<OpenTurn, 'calls' | 'callIndex' | 'actionIndex' | 'cut'>): AskedCall[] {
  return calls.flatMap(({ callId, actions, tool, asks, question, safetyChecks }, index): AskedCall[] => {
    if (index < callIndex || (cut && (index > cut.callIndex || (index === cut.callIndex && cut.actionIndex === 0)))) return [];
    const shown = actions.slice(index === callIndex ? actionIndex : 0, cut && index === cut.callIndex ? cut.actionIndex : undefined);
    return [{ callId, actions: shown, ...(tool === undefined ? {} : { tool }), ...(asks === undefined ? {} : { asks }), ...(question === undefined ? {} : { question }), safetyChecks }];
  });
}

/** The rules that ask about what is left of a turn, with the actions counted as the approval shows them. */
export function askingRules(asking: readonly RuleMatch[], { callIndex, actionIndex }: Pick<OpenTurn, 'callIndex' | 'actionIndex'>): AskingRule[] {
  return asking.filter((match) => compareSteps(match, { call: callIndex, index: actionIndex }) >= 0)
    .map(({ rule, reason, call, callId, index }) => ({ rule, reason, callId, index: call === callIndex ? index - actionIndex : index }));
}

/** Whether a person has to be asked before anything of these calls begins. */
export function wantsPerson(calls: readonly Pick<Call, 'safetyChecks'>[], asking: readonly RuleMatch[]): boolean {
  return asking.length > 0 || calls.some(({ safetyChecks }) => safetyChecks.length > 0);
}
