import type { Deed } from '../../journal/audit-table.ts';
import type { RunCommand } from './run-command.ts';
import type { RunContext } from './run-context.ts';

const maxTextCharacters = 500;

/** What a command says about who did what, for the audit; nothing for what nobody did. The gate's verdicts are told as the gate's. What an operator does on the desktop is in the run's events. */
export function deedsOf(context: Pick<RunContext, 'runId' | 'project' | 'lease'>, command: RunCommand): readonly Deed[] {
  const who = doerOf(context, command);
  if (who === undefined || who === 'vitrine') return [];
  const { type, at, ...said } = command;
  return [{ at, project: context.project, who, what: type, subject: context.runId, details: shortened(withoutSecrets(said)) }];
}

function doerOf({ lease }: Pick<RunContext, 'lease'>, command: RunCommand): string | undefined {
  switch (command.type) {
    case 'control.take':
    case 'control.request':
      return command.principal;
    case 'control.giveBack':
      return lease?.principal;
    case 'operated':
      return undefined;
    case 'network.decided':
      return 'gate';
    default:
      return 'by' in command ? command.by : undefined;
  }
}

/** A lease's id gives control to whoever knows it. */
function withoutSecrets(said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { leaseId: _secret, by: _told, ...rest } = said;
  return rest;
}

/** Who gave a task. */
export function deedOfCreation({ runId, project, createdBy, createdAt, driver, model, request }: Pick<RunContext, 'runId' | 'project' | 'createdBy' | 'createdAt' | 'driver' | 'model' | 'request'>): Deed {
  const { task, network, tools, desktopId } = request;
  return { at: createdAt, project, who: createdBy, what: 'run.create', subject: runId, details: shortened({ driver, model, task, network, tools, desktopId }) };
}

/** Long texts by their beginning; what was typed in place of something else not at all, only how much. */
function shortened(said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(said, (name: string, value: unknown) => {
    if (typeof value !== 'string' || value.length <= maxTextCharacters) return name === 'edits' && Array.isArray(value) ? value.length : value;
    return `${value.slice(0, maxTextCharacters)}… (${value.length} characters)`;
  })) as Record<string, unknown>;
}
