import type { HandsMethods, ResultOf } from '../../sandbox-image/wire/index.ts';
import type { LeftProcess } from './desktop.ts';
import { printable } from './wire-failure.ts';

type Process = ResultOf<HandsMethods, 'listProcesses'>['processes'][number];

const maxCommandCharacters = 400;

/** A command line from a desktop, made harmless. */
export function printableCommand(command: string): string {
  return printable(command, maxCommandCharacters);
}

/**
 * The processes that do not belong to the desktop's own session. Its supervisor was started from outside the container
 * (parent 0, which nothing inside can have); its forks and what they keep alive are the window manager, the panel, the
 * session bus and hands. What was started from those, by a menu or by hands, is the agent's.
 */
export function leftProcesses(processes: readonly Process[]): LeftProcess[] {
  const supervisors = processes.filter(({ parent, command }) => parent === 0 && command.endsWith('/opt/vitrine/session/session'));
  const forks = processes.filter((one) => supervisors.some(({ pid, command }) => one.parent === pid && one.command === command));
  const own = new Set([...supervisors, ...forks].map(({ pid }) => pid));
  const keepers = new Set(forks.map(({ pid }) => pid));
  const isConnector = ({ parent, command }: Process) => parent === 0 && command.startsWith('socat ');
  return processes
    .filter((one) => !own.has(one.pid) && !keepers.has(one.parent) && !isConnector(one))
    .map(({ pid, command, startedByHands }) => ({ pid, command: printableCommand(command), startedByHands }));
}
