import { VitrineError } from '../errors.ts';
import type { AuditTable } from './audit-table.ts';
import type { Commit, StoredEvent } from './journal.ts';
import type { Statements } from './statements.ts';

/** Writes everything that one change says; to be called inside a transaction. Throws `conflict` when the run has another version. */
export function writeCommit(statements: Statements, audit: AuditTable, change: Commit): readonly StoredEvent[] {
  writeRun(statements, change);
  const events = change.facts.map((fact) => {
    const row = statements.insertEvent.get(change.runId, change.index.project, change.at, JSON.stringify(fact));
    return { sequence: Number(row?.['sequence']), runId: change.runId, at: change.at, fact };
  });
  for (const effect of change.effectsBegun) statements.insertEffect.run(effect.effectId, change.runId, effect.kind, JSON.stringify(effect.data));
  for (const effectId of change.effectsEnded) statements.deleteEffect.run(effectId);
  if (change.controlEpoch !== undefined && change.index.desktopId !== null) statements.raiseEpoch.run(change.index.desktopId, change.controlEpoch);
  statements.deleteDeadlines.run(change.runId);
  for (const deadline of change.deadlines) statements.insertDeadline.run(change.runId, deadline.deadlineId, deadline.dueAt);
  for (const approval of change.approvals) {
    statements.putApproval.run(approval.id, change.runId, change.index.project, approval.state, approval.openedAt, JSON.stringify(approval.approval));
  }
  for (const deed of change.deeds ?? []) audit.append(deed);
  for (const id of change.uploads ?? []) {
    if (Number(statements.claimUpload.run(change.runId, id).changes) !== 1) throw new VitrineError('conflict', `upload ${id} is not there any more, or another run has it: send the file again`);
  }
  return events;
}

function writeRun(statements: Statements, { runId, expectedVersion, index, snapshot, view }: Commit): void {
  const [snapshotText, viewText] = [JSON.stringify(snapshot), JSON.stringify(view)];
  const isOver = index.isOver ? 1 : 0;
  if (expectedVersion === 0) {
    statements.insertRun.run(runId, index.project, index.driver, index.state, isOver, index.desktopId, index.task, index.createdAt, snapshotText, viewText);
    return;
  }
  const { changes } = statements.updateRun.run(index.state, isOver, index.desktopId, snapshotText, viewText, runId, expectedVersion);
  if (Number(changes) !== 1) throw new VitrineError('conflict', `run ${runId} was changed by another writer (expected version ${expectedVersion})`);
}
