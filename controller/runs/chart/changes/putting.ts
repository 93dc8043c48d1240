import type { RunCommand } from '../run-command.ts';
import type { RunContext } from '../run-context.ts';
import { begin, fail } from './change.ts';
import type { Change } from './change.ts';

/** Puts the run's files into its desktop. */
export function putFiles(context: RunContext): Change {
  return begin(context, 'put', (effectId) => ({ kind: 'put', effectId }));
}

/** They lie there. */
export function filesPut(_context: RunContext, command: RunCommand): Change {
  if (command.type !== 'files.put') return {};
  return { context: { awaits: null, filesPut: true }, facts: command.files.map((file) => ({ type: 'file.put', ...file })) };
}

/** A desktop without them is not what the task was given for. */
export function filesFailed(_context: RunContext, command: RunCommand): Change {
  return command.type === 'files.failed' ? { context: { awaits: null, ...fail('desktop_failed', `the files of the run could not be put into its desktop: ${command.message}`) } } : {};
}
