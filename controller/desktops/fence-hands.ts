import { VitrineError } from '../errors.ts';
import type { Fenced } from './desktop.ts';
import type { HandsClient } from './hands-client.ts';
import { leftProcesses, printableCommand } from './left-processes.ts';

/** Programs may take this long to be stopped and listed: the agent could have ended its own hands. */
const withinMs = 8000;

/** Stops the programs of older epochs and lists what goes on. Never fails: what could not be done is its `problem`. Rejects with the signal's reason. */
export async function fenceHands(hands: HandsClient, epoch: number, signal: AbortSignal): Promise<Omit<Fenced, 'released'>> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  try {
    const stopped = await hands.setEpoch(epoch, true, within);
    const processes = leftProcesses(await hands.listProcesses(within));
    return { stopped: stopped.map(({ pid, command }) => ({ pid, command: printableCommand(command) })), processes, problem: null };
  } catch (error) {
    signal.throwIfAborted();
    return { stopped: [], processes: [], problem: within.aborted ? `its hands did not answer within ${withinMs} ms` : VitrineError.from(error).message };
  }
}

/** Ends one process of the agent's user, if its command is still this one. */
export async function endLeftProcess(hands: HandsClient, pid: number, command: string, epoch: number, signal: AbortSignal): Promise<void> {
  const found = (await hands.listProcesses(signal)).find((one) => one.pid === pid);
  if (found === undefined) throw new VitrineError('not_found', `the agent's user has no process ${pid} on this desktop`);
  if (printableCommand(found.command) !== command) throw new VitrineError('conflict', `process ${pid} is another by now: list the processes again`);
  await hands.endProcess(pid, found.command, epoch, signal);
}
