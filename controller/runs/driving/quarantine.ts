import { Approval } from '../../approvals/approval.ts';
import type { Commit, Journal, StoredRun } from '../../journal/journal.ts';
import { newContext } from '../chart/run-context.ts';
import type { RunFact } from '../run-event.ts';
import { runMachine } from '../chart/run-machine.ts';
import { Budgets, Run, RunRequest } from '../run.ts';
import type { StoredState } from '../chart/step-run.ts';
import { readState, writtenSnapshot } from '../chart/written-snapshot.ts';

/** The version of snapshots that this program writes and reads. */
const machineVersion = 1;

/** A run's state and view as they were written, or why this program cannot go on with it. */
export function readRun(journal: Journal, stored: StoredRun): { readonly state: StoredState; readonly view: Run } | { readonly problem: string } {
  const version = (stored.snapshot as { readonly machineVersion?: unknown } | null | undefined)?.machineVersion;
  if (version === undefined) return { problem: 'its snapshot cannot be read' };
  if (version !== machineVersion) return { problem: `its snapshot has version ${JSON.stringify(version).slice(0, 20)}, and this Vitrine knows ${machineVersion}` };
  try {
    const state = readState(journal, stored);
    runMachine.resolveState({ value: state.snapshot.value as Parameters<typeof runMachine.resolveState>[0]['value'], context: state.snapshot.context });
    return { state, view: Run.parse(stored.view) };
  } catch (error) {
    return { problem: `its snapshot does not hold what it should: ${error instanceof Error ? error.message.split('\n')[0]?.slice(0, 200) ?? '' : 'it cannot be read'}` };
  }
}

/** The chart data of a run as it is stored, such as one that is over; undefined where there is none, or none that this program can read. */
export function endedContext(journal: Journal, runId: string): StoredState['snapshot']['context'] | undefined {
  const stored = journal.run(runId);
  const read = stored === undefined ? undefined : readRun(journal, stored);
  return read !== undefined && 'state' in read ? read.state.snapshot.context : undefined;
}

/**
 * The end of a run that cannot be read: it fails with the reason, and nothing of it wakes or begins any more. What was
 * stored stays in its snapshot, for whoever looks into it.
 */
export function quarantined(journal: Journal, stored: StoredRun, problem: string, at: number): { readonly commit: Commit; readonly view: Run } {
  const message = `the run cannot be taken up: ${problem}. Its events and frames are kept`;
  const before = viewBefore(stored, at);
  const failure = { code: 'internal', message } as const;
  const view: Run = { ...before, state: 'failed', control: 'paused', waitsFor: null, approvalId: null, asked: [], failure, endedAt: at };
  const context = newContext({
    runId: view.id, project: view.project, driver: view.driver, createdBy: '', model: view.model, createdAt: view.createdAt, desktopId: view.desktopId,
    request: RunRequest.parse({ task: view.task, budgets: view.budgets }),
  });
  const ending = { state: 'failed', failure, reason: message } as const;
  const snapshot = { machineVersion: 1, value: 'failed', context: { ...context, endedAt: at, ending } } as const;
  const withdrawn = pendingApproval(journal, before.approvalId, at);
  const facts: RunFact[] = [
    ...(withdrawn === undefined ? [] : [{ type: 'approval.ended' as const, approval: withdrawn }]),
    { type: 'run.ended', state: 'failed', answer: view.answer, failure, usage: view.usage, steps: view.steps, turns: view.turns },
  ];
  const commit: Commit = {
    runId: stored.runId, expectedVersion: stored.version, at,
    index: { project: stored.project, driver: view.driver, state: 'failed', isOver: true, desktopId: view.desktopId, task: view.task, createdAt: view.createdAt },
    snapshot: { ...(writtenSnapshot(snapshot) as object), quarantined: stored.snapshot ?? null },
    view, facts, effectsBegun: [], effectsEnded: journal.effects(stored.runId).map(({ effectId }) => effectId), deadlines: [],
    approvals: withdrawn === undefined ? [] : [{ id: withdrawn.id, runId: withdrawn.runId, state: withdrawn.state, openedAt: withdrawn.openedAt, approval: withdrawn }],
  };
  return { commit, view };
}

/** The run as it was last shown; as little as can be said where that cannot be read either. */
function viewBefore({ runId, project, view }: StoredRun, at: number): Run {
  const read = Run.safeParse(view);
  if (read.success) return read.data;
  return {
    id: runId, project, driver: 'model', startedBy: null, task: '(unreadable)', model: null, state: 'failed', control: 'paused', desktopId: null, waitsFor: null, queue: null, approvalId: null, lease: null, answer: null, failure: null,
    steps: 0, turns: 0, usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }, costUsd: null, asked: [], budgets: Budgets.parse({}), activeMs: 0,
    createdAt: at, startedAt: null, endedAt: null, lastFrameId: null, artefacts: [], metadata: {},
  };
}

function pendingApproval(journal: Journal, approvalId: string | null, at: number): Approval | undefined {
  const read = approvalId === null ? undefined : Approval.safeParse(journal.approval(approvalId)?.approval);
  if (read?.success !== true || read.data.state !== 'pending') return undefined;
  return { ...read.data, state: 'withdrawn', decidedAt: at, reason: 'its run cannot be taken up' };
}
