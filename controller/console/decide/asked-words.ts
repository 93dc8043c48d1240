import { wordsOfAction, wordsOfTool } from '../../api/plain-words.ts';
import type { Action } from '../marks/shape.ts';
import type { Approval } from '../api/answers.ts';

/** What kind of question it is, for its head. */
export function titleOf({ kind, network }: Pick<Approval, 'kind' | 'network'>): string {
  switch (kind) {
    case 'safety_check': return 'Safety check';
    case 'policy': return 'A rule asks';
    case 'stale_target': return 'The screen changed since the approval';
    case 'question': return 'The model asks';
    case 'network': return `May it reach ${network?.host}:${network?.port}?`;
  }
}

/** Why a person is asked. `who` asks: the model or its vendor, a rule by its name, the desktop. */
export type Ground = { readonly who: string; readonly words: string; readonly code: string | null };

/** Every reason for the question, the vendor's first. */
export function groundsOf({ kind, calls, rules, network, question }: Pick<Approval, 'kind' | 'calls' | 'rules' | 'network' | 'question'>): readonly Ground[] {
  const checks = calls.flatMap(({ safetyChecks }) => safetyChecks.map(({ id, code, message }): Ground => ({ who: 'The model’s vendor', words: message ?? code ?? id, code: message === null ? null : code })));
  const ruled = rules.map(({ rule, reason }): Ground => ({ who: `Rule ${rule}`, words: reason, code: null }));
  const changed: readonly Ground[] = kind === 'stale_target' ? [{ who: 'The desktop', words: 'It was approved, but what it aims at does not look any more as it did. Look at the picture anew.', code: null }] : [];
  const host: readonly Ground[] = network === undefined ? [] : [{ who: 'The desktop', words: `It wants to reach ${network.host} on port ${network.port} for the first time. A yes holds for this host, this port and this run.`, code: null }];
  const asked: readonly Ground[] = question === undefined ? [] : [{ who: 'The model', words: question.text, code: null }];
  return [...checks, ...ruled, ...changed, ...host, ...asked];
}

/** One line of what would be done. `index` counts within the call, as edits do; `place` over all calls, as marks are numbered. */
export type Step = {
  readonly callId: string;
  readonly index: number;
  readonly place: number;
  readonly words: string;
  /** The text that would be typed, which may be edited; null for everything else. */
  readonly text: string | null;
  /** What a line cannot hold: a command, a file's new content, arguments, in full. */
  readonly detail: string | null;
  /** The rules that ask about this very action. */
  readonly rules: readonly string[];
};

/** What would be done, in order. */
export function stepsOf({ calls, rules }: Pick<Approval, 'calls' | 'rules'>): readonly Step[] {
  let place = 0;
  return calls.flatMap(({ callId, actions, tool, asks, question }): Step[] => {
    const others = [
      ...(tool === undefined ? [] : [{ words: tool.type === 'shell' ? 'Run in a shell' : wordsOfTool(tool), detail: detailOf(tool) }]),
      ...(asks === undefined ? [] : [{ words: `Ask the caller’s function ${asks.name}`, detail: asks.arguments }]),
      ...(question === undefined ? [] : [{ words: 'Ask a person', detail: question.text }]),
    ];
    const besides = others.map((other): Step => ({ callId, index: -1, place: -1, ...other, text: null, rules: rulesOf(rules, callId, 0) }));
    const acted = actions.map((action, index): Step => ({
      callId, index, place: place++, words: wordsOfAction(action), text: action.type === 'type' ? action.text : null, detail: null, rules: rulesOf(rules, callId, index),
    }));
    return [...besides, ...acted];
  });
}

/** The actions of all calls, as marks number them. */
export function actionsOf({ calls }: Pick<Approval, 'calls'>): readonly Action[] {
  return calls.flatMap(({ actions }) => actions);
}

/** Enough of a digest to compare two by eye. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 4)} ${digest.slice(4, 8)} ${digest.slice(8, 12)}`;
}

/** What became of it, in one line: `Denied by ann: not that account`, `Answered by ann: the blue one`. */
export function endOf({ state, kind, answer, decidedBy, reason }: Pick<Approval, 'state' | 'kind' | 'answer' | 'decidedBy' | 'reason'>): string {
  if (kind === 'question' && state === 'approved') return `Answered by ${decidedBy ?? 'somebody'}: ${answer ?? ''}`;
  const why = reason === null || reason === '' ? '' : `: ${reason}`;
  switch (state) {
    case 'pending': return 'Waiting for a decision';
    case 'approved': return `Approved by ${decidedBy ?? 'somebody'}${why}`;
    case 'denied': return `${kind === 'question' ? 'Left unanswered' : 'Denied'} by ${decidedBy ?? 'somebody'}${why}`;
    case 'expired': return kind === 'question' ? 'Nobody answered before the deadline' : 'Denied by time: nobody decided before the deadline';
    case 'withdrawn': return `Withdrawn${why}`;
  }
}

function detailOf(tool: NonNullable<Approval['calls'][number]['tool']>): string {
  switch (tool.type) {
    case 'shell': return tool.command;
    case 'view':
    case 'create':
    case 'replace':
    case 'insert': return JSON.stringify(tool, null, 2);
  }
}

function rulesOf(rules: Approval['rules'], callId: string, index: number): readonly string[] {
  return rules.filter((rule) => rule.callId === callId && rule.index === index).map(({ rule }) => rule);
}
