/**
 * Loaded into a controller's process before its program (`--import`), where VITRINE_TEST_PROBE names a socket: answers each
 * connection with one JSON text of what the process holds. The controller itself knows nothing of it.
 */
import { openSync, readSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a process holds, garbage aside. */
export type Diagnosis = {
  readonly pid: number;
  readonly rssBytes: number;
  /** On the heap, and outside it but kept alive from there. */
  readonly heldBytes: number;
  /** Open file descriptors by what they are: socket, file, other. */
  readonly descriptors: Readonly<Record<string, number>>;
  /** What keeps the event loop going, by type: timers, requests, handles. */
  readonly resources: Readonly<Record<string, number>>;
  /** Processor time since the diagnosis before this one. */
  readonly processorMs: number;
  /** How late the event loop was, since the diagnosis before this one: through work and waits of its own, and in all, on a machine that others use too. */
  readonly loopDelayMs: { readonly own: Delays; readonly all: Delays };
};

export type Delays = { readonly p50: number; readonly p99: number; readonly max: number };

const tickMs = 10;
const path = process.env['VITRINE_TEST_PROBE'];

if (path !== undefined) {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this Node has no gc to call');
  const delays = watchDelays();
  const server = createServer((socket) => {
    socket.on('error', () => {}); // Whoever asked has gone.
    socket.end(JSON.stringify(diagnose(delays, () => void collect())));
  });
  server.listen(path);
  server.unref();
}

/** Collecting garbage stops the process: what is asked for by the test itself does not count as its delay. */
function diagnose(delays: ReturnType<typeof watchDelays>, collect: () => void): Diagnosis {
  const { processorMs, ...loopDelayMs } = delays.read();
  for (let round = 0; round < 3; round += 1) collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  const diagnosis = { pid: process.pid, rssBytes: rss, heldBytes: heapUsed + external, descriptors: countBy(openDescriptors()), resources: countBy(process.getActiveResourcesInfo()), processorMs, loopDelayMs };
  delays.reset();
  return diagnosis;
}

/** Looks every 10 ms how late it is. What the kernel let the thread wait for a processor in the meantime is nothing of its own. */
function watchDelays() {
  const all = createHistogram();
  const own = createHistogram();
  const schedule = openSync('/proc/self/schedstat', 'r');
  const line = Buffer.alloc(128);
  const waitedMs = () => Number(line.toString('latin1', 0, readSync(schedule, line, 0, line.length, 0)).split(' ')[1]) / 1e6;
  const nextTick = () => ({ at: performance.now(), waited: waitedMs() });
  let last = nextTick();
  let processor = process.cpuUsage();
  const inMicroseconds = (ms: number) => Math.max(1, Math.round(ms * 1000));
  setInterval(() => {
    const tick = nextTick();
    const lateMs = tick.at - last.at - tickMs;
    all.record(inMicroseconds(lateMs));
    own.record(inMicroseconds(lateMs - (tick.waited - last.waited)));
    last = tick;
  }, tickMs).unref();
  const inMs = (histogram: typeof all): Delays => {
    const ms = (microseconds: number) => Math.round(microseconds / 100) / 10;
    return { p50: ms(histogram.percentile(50)), p99: ms(histogram.percentile(99)), max: ms(histogram.max) };
  };
  return {
    read() {
      const { user, system } = process.cpuUsage(processor);
      return { own: inMs(own), all: inMs(all), processorMs: Math.round((user + system) / 1000) };
    },
    reset() {
      processor = process.cpuUsage();
      all.reset();
      own.reset();
      last = nextTick();
    },
  };
}

function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return [target.startsWith('socket:') ? 'socket' : target.startsWith('/') ? 'file' : 'other'];
    } catch {
      return []; // It was the one by which the folder itself was read.
    }
  });
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
