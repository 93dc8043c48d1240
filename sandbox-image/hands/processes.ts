import { readdir, readFile, stat } from 'node:fs/promises';
import type { ResultOf } from '../wire/method.ts';
import type { HandsMethods } from '../wire/hands-methods.ts';

const maxProcesses = 2000;
const maxCommandCharacters = 400;
/** Room for processes in one message's header. */
const maxListingBytes = 200 * 1024;

type Process = ResultOf<HandsMethods, 'listProcesses'>['processes'][number];

/** The processes of one user, from /proc, lowest id first, as many as fit into one answer. */
export async function listProcesses(uid: number, sessions: ReadonlySet<number>): Promise<Process[]> {
  const processes: Process[] = [];
  let room = maxListingBytes;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number).toSorted((a, b) => a - b);
  for (const pid of pids) {
    const found = await readProcess(pid, uid, sessions).catch(() => undefined); // ended meanwhile
    if (found === undefined) continue;
    room -= JSON.stringify(found).length * 2;
    if (room < 0 || processes.length >= maxProcesses) break;
    processes.push(found);
  }
  return processes;
}

/** One process of the user; undefined for another user's. Rejects for a process that has ended. */
export async function readProcess(pid: number, uid: number, sessions: ReadonlySet<number>): Promise<Process | undefined> {
  const folder = `/proc/${pid}`;
  if ((await stat(folder)).uid !== uid) return undefined;
  const status = await readFile(`${folder}/stat`, 'utf8');
  // pid (name) state parent group session …; the name may hold spaces and brackets
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  const name = status.slice(status.indexOf('(') + 1, status.lastIndexOf(')'));
  const command = (await readFile(`${folder}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  return {
    pid,
    parent: Number(fields[1]),
    command: (command === '' ? `[${name}]` : command).slice(0, maxCommandCharacters).toWellFormed(),
    startedByHands: sessions.has(Number(fields[3])),
  };
}

/** Whether a process still runs; one that only waits for its parent to take note of its end does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // ended meanwhile
  return status !== '' && !'ZX'.includes(status.charAt(status.lastIndexOf(')') + 2));
}
