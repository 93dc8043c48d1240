import { z } from 'zod';
import { VitrineError } from '../../errors.ts';
import type { Journal, StoredRun } from '../../journal/journal.ts';
import { PolicyRule } from '../../policy/rule.ts';
import { addedSince } from './run-context.ts';
import { RunRequest } from '../run.ts';
import type { RunSnapshot, StoredState } from './step-run.ts';

/**
 * A snapshot as it is written with every step: without the run's request, which may be a hundred megabytes of pictures,
 * and without its rules: both never change, and are in the run's first event.
 */
export function writtenSnapshot(snapshot: RunSnapshot): unknown {
  const { request: _inFirstEvent, rules: _inFirstEventToo, ...context } = snapshot.context;
  return { ...snapshot, context };
}

/** A run's state as it was before it was written. Throws `internal` when its first event holds no request. */
export function readState(journal: Journal, { runId, project, version, snapshot }: StoredRun): StoredState {
  const written = snapshot as RunSnapshot;
  const [first] = journal.events({ project, runId, after: 0, limit: 1 });
  const created = first?.fact as { readonly request?: unknown; readonly rules?: unknown } | undefined;
  const { data: request, error } = RunRequest.safeParse(created?.request);
  if (request === undefined) throw new VitrineError('internal', `the first event of run ${runId} holds no request`, { cause: error });
  const rules = z.array(PolicyRule).parse(created?.rules ?? []);
  return { version, snapshot: { ...written, context: { ...addedSince, ...written.context, request, rules } } };
}
