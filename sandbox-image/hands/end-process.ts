import { setTimeout as pause } from 'node:timers/promises';
import { WireError } from '../wire/index.ts';
import { codeOf } from './home-folder.ts';
import { isRunning, readProcess } from './processes.ts';

const politeMs = 500;
const goneMs = 2000;
const lookMs = 20;

/** Sends a signal as kill(2) does; throws as `process.kill` does. */
export type Kill = (pid: number, signal: 'SIGTERM' | 'SIGKILL') => void;

/**
 * Ends one process of a user: asks it to end, and kills it after half a second. Rejects with WireError `not_found` if there
 * is none, and with `conflict` if `command` is given and the process has another.
 */
export async function endProcess(uid: number, pid: number, command: string | undefined, kill: Kill): Promise<void> {
  const found = await readProcess(pid, uid, new Set()).catch(() => undefined); // ended meanwhile
  if (found === undefined) throw new WireError('not_found', `the agent's user has no process ${pid}`);
  if (command !== undefined && command !== found.command) throw new WireError('conflict', `process ${pid} is ${found.command} by now: list the processes again`);
  send(kill, pid, 'SIGTERM');
  if (await isGoneWithin(politeMs, pid)) return;
  send(kill, pid, 'SIGKILL');
  if (!(await isGoneWithin(goneMs, pid))) throw new WireError('deadline_exceeded', `process ${pid} still runs ${goneMs} ms after it was killed`);
}

function send(kill: Kill, pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    kill(pid, signal);
  } catch (reason) {
    if (codeOf(reason) !== 'ESRCH') throw WireError.from(reason); // it ended by itself
  }
}

async function isGoneWithin(ms: number, pid: number): Promise<boolean> {
  for (const deadline = performance.now() + ms; performance.now() < deadline; await pause(lookMs)) if (!(await isRunning(pid))) return true;
  return !(await isRunning(pid));
}
