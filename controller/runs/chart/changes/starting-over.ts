import type { CallResult } from '../../../dialects/transcript.ts';
import { notesOn } from '../../notes.ts';
import type { RunCommand } from '../run-command.ts';
import type { OpenTurn, RunContext } from '../run-context.ts';
import type { RunFact } from '../../run-event.ts';
import type { Change } from './change.ts';
import { lostOperation } from './leasing.ts';
import { nextStep, unknownOutcome } from './stepping.ts';

/** How often a run gets a new desktop for one that was lost. */
export const maxStartsOver = 3;

/**
 * The run's desktop is lost, and with it everything on it: the run gets a fresh one and begins anew. What was in flight is
 * `unknown`, the rest of the open turn is not performed, the question to a person is withdrawn, and the model is told.
 */
export function startOver(context: RunContext, command: RunCommand): Change {
  const change = loseDesktop(context, command);
  return { ...change, context: { ...change.context, waitsUntil: context.asked.length > 0 ? context.waitsUntil : null } };
}

/** The same while the run stands still, or waits for its caller: it goes on standing, and begins anew afterwards. */
export function loseDesktop(context: RunContext, command: RunCommand): Change {
  const reason = command.type === 'desktop.ended' ? `it ended (${command.kind}): ${command.reason}` : command.type === 'desktop.unreachable' ? command.message : 'it is gone';
  const count = (context.startsOver ?? 0) + 1;
  const { desktopId, approval } = context;
  const { facts, turn } = lostAction(context, 'its desktop was lost');
  facts.push(...lostOperation(context, 'the desktop was lost'));
  if (desktopId !== null && command.type === 'desktop.ended') facts.push({ type: 'desktop.ended', desktopId, kind: command.kind, reason: command.reason });
  if (approval !== null) facts.push({ type: 'approval.ended', approval: { ...approval, state: 'withdrawn', decidedAt: command.at, reason: 'its desktop was lost' } });
  facts.push({ type: 'run.started_over', count, desktopId, reason });
  const text = `Your desktop was lost, and with it everything that was on it (${reason}). You have a fresh desktop now, on which nothing has been done: begin the task anew.`;
  facts.push({ type: 'note.added', from: 'vitrine', by: 'vitrine', text, frameId: null });
  return {
    context: {
      awaits: null, fencing: null, operating: null, desktopId: null, lostDesktopId: desktopId, display: null, filesPut: false, frame: null, approval: null, turn, startsOver: count,
      unreadNotes: context.unreadNotes + 1, isStuck: false, repeats: { key: '', count: 0 },
    },
    facts,
  };
}

/** The end of what was in flight on a desktop that cannot be asked about it any more, and the turn with its answer. */
export function lostAction(context: RunContext, why: string): { readonly facts: RunFact[]; readonly turn: OpenTurn | null } {
  const { awaits, turn } = context;
  const stoppedBy = `Not executed: ${why}.`;
  const stopped = turn && { ...turn, stoppedBy, isAcknowledged: true, asksAgain: false };
  if (awaits?.kind === 'perform') {
    const fact = unknownOutcome(context, awaits, why);
    const step = turn === null ? undefined : nextStep(turn);
    if (stopped === null || turn === null || step === undefined) return { facts: [fact], turn: stopped };
    const notes = [...turn.notes, ...notesOn(step.action, { ...fact.outcome, timings: noTime })];
    return { facts: [fact], turn: answered(stopped, { callId: step.call.callId, isError: true, notes, acknowledged: step.call.safetyChecks, frameId: null }) };
  }
  if (awaits?.kind !== 'use') return { facts: [], turn: stopped };
  const call = turn?.calls[turn.callIndex];
  const output = `Whether this was done is not known: ${why}.`;
  const fact: RunFact = { type: 'tool.ended', actionId: awaits.effectId, turn: turn?.number ?? 0, callId: call?.callId ?? '', tool: awaits.tool, output, isError: true, ms: 0 };
  if (stopped === null || call === undefined) return { facts: [fact], turn: stopped };
  return { facts: [fact], turn: answered(stopped, { callId: call.callId, isError: true, notes: [], acknowledged: call.safetyChecks, output, frameId: null }) };
}

const noTime = { queueMs: 0, inputMs: 0, settleMs: 0, captureMs: 0 };

function answered(turn: OpenTurn, result: CallResult): OpenTurn {
  return { ...turn, notes: [], results: [...turn.results, result], callIndex: turn.callIndex + 1, actionIndex: 0 };
}
