import type { Approval, DesktopView, Run } from '../api/answers.ts';

/** A session: a desktop with the run on it, a run that has no desktop yet, or a desktop that no run has. */
export type Session = { readonly key: string; readonly desktop: DesktopView | null; readonly run: Run | null };

/** What a state means to the person who watches; gives colour and shape. */
export type Tone = 'waiting' | 'person' | 'working' | 'queued' | 'idle' | 'succeeded' | 'failed' | 'cancelled';

export type Status = { readonly tone: Tone; readonly words: string };

/** Whether a run waits for a person's decision or word. */
export function waitsForPerson(run: Run): boolean {
  if (run.endedAt !== null || run.state === 'finishing') return false;
  if (run.control === 'operator') return (run.lease?.requests.length ?? 0) > 0;
  return run.approvalId !== null || run.state === 'awaitingOperator' || run.control === 'paused';
}

/** The state of a run in words and tone. `asks`, if known, is what kind of thing it asks a person. */
export function statusOfRun(run: Run, asks?: Approval['kind']): Status {
  if (run.state === 'succeeded') return { tone: 'succeeded', words: 'Succeeded' };
  if (run.state === 'failed') return { tone: 'failed', words: 'Failed' };
  if (run.state === 'cancelled') return { tone: 'cancelled', words: 'Stopped' };
  if (run.state === 'finishing') return { tone: 'working', words: 'Finishing' };
  if (run.control === 'operator') return { tone: 'person', words: `${run.lease?.holder ?? 'A person'} in control` };
  if (run.state === 'awaitingSafetyAck' || run.approvalId !== null) return statusOfAsked(asks);
  if (run.state === 'awaitingOperator') return { tone: 'waiting', words: 'Stuck: word needed' };
  if (run.control === 'paused') return { tone: 'waiting', words: 'Paused' };
  switch (run.state) {
    case 'queued': return { tone: 'queued', words: run.queue === null ? 'Queued' : `Queued, place ${run.queue.position}` };
    case 'preparing': return { tone: 'working', words: 'Starting desktop' };
    case 'deciding': return { tone: 'working', words: 'Checking' };
    case 'awaitingModel': return { tone: 'working', words: 'Thinking' };
    case 'executingAction': return { tone: 'working', words: 'Acting' };
    case 'observing': return { tone: 'working', words: 'Looking' };
    case 'awaitingCaller': return { tone: 'idle', words: run.driver === 'caller' ? 'Driven by a program' : 'Waits for its caller' };
  }
}

/** A question that is open, in words and tone. */
export function statusOfAsked(kind: Approval['kind'] | undefined): Status {
  return { tone: 'waiting', words: kind === 'question' ? 'Answer needed' : 'Decision needed' };
}

/** The state of a session in words and tone. `asks`, if known, is what kind of thing its run asks a person. */
export function statusOf({ run, desktop }: Session, asks?: Approval['kind']): Status {
  if (run !== null && run.endedAt === null) return statusOfRun(run, asks);
  switch (desktop?.state) {
    case 'launching': return { tone: 'working', words: 'Starting desktop' };
    case 'broken': return { tone: 'failed', words: 'Desktop broken' };
    case 'releasing': return { tone: 'idle', words: 'Being released' };
    case 'released': return { tone: 'cancelled', words: 'Released' };
    case 'ready': return { tone: 'idle', words: 'No run' };
    case undefined: return run === null ? { tone: 'idle', words: 'No run' } : statusOfRun(run);
  }
}

/** Desktops and runs put together, one session each: running ones only. */
export function sessionsOf(desktops: readonly DesktopView[], runs: readonly Run[]): Session[] {
  const byDesktop = new Map(runs.filter(({ desktopId, endedAt }) => desktopId !== null && endedAt === null).map((run) => [run.desktopId, run]));
  const known = new Set(desktops.map(({ id }) => id));
  const onDesktops = desktops.filter(({ state }) => state !== 'released').map((desktop) => {
    const run = byDesktop.get(desktop.id) ?? runs.find(({ id, endedAt }) => id === desktop.runId && endedAt === null) ?? null;
    return { key: run?.id ?? desktop.id, desktop, run };
  });
  const shown = new Set(onDesktops.map(({ run }) => run?.id));
  const without = runs.filter((run) => run.endedAt === null && !shown.has(run.id) && (run.desktopId === null || !known.has(run.desktopId)));
  return [...onDesktops, ...without.map((run) => ({ key: run.id, desktop: null, run }))];
}
