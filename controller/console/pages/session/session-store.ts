import { computed, effect, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import type { DesktopView, Run } from '../../api/answers.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { desktops, liveDesktop, liveRun, runs } from '../../state/live.ts';
import { followRun } from '../../state/run-events.ts';
import { TimeInStates } from './time-in-states.ts';
import { Timeline } from './timeline.ts';

/** What a session page is opened for: a run, or a desktop with whatever run is on it. */
export type SessionAddress = { readonly runId: string } | { readonly desktopId: string };

/** What a session page shows, kept up to date for as long as it is open. */
export type SessionStore = {
  /** The run that the page is about; null while a desktop has none, undefined until it is known. */
  readonly run: ReadonlySignal<Run | null | undefined>;
  readonly desktopId: ReadonlySignal<string | null>;
  /** The desktop as it is listed; undefined when it is not (any more). */
  readonly desktop: ReadonlySignal<DesktopView | undefined>;
  /** The run that holds the desktop now: this one, or one that carries a person's control on after its end. */
  readonly holding: ReadonlySignal<Run | null>;
  readonly timeline: Timeline;
  readonly times: TimeInStates;
  /** Grows with every change of the timeline. */
  readonly revision: ReadonlySignal<number>;
  /** How far the launch of the run's desktop has come: stages with their milliseconds. */
  readonly stages: ReadonlySignal<ReadonlyMap<string, number>>;
  /** Whether the past has been fetched as a whole. */
  readonly isComplete: ReadonlySignal<boolean>;
  readonly failure: ReadonlySignal<ApiFailure | null>;
  close(): void;
};

/** Opens what a session page shows. */
export function openSession(address: SessionAddress): SessionStore {
  const runId = computed(() => ('runId' in address ? address.runId : runOn(address.desktopId)?.id ?? lastRunId.value));
  const lastRunId = signal<string | null>(null);
  const ended = signal<Run | null | undefined>(undefined);
  const failure = signal<ApiFailure | null>(null);
  const revision = signal(0);
  const stages = signal<ReadonlyMap<string, number>>(new Map());
  const isComplete = signal(false);
  const closing = new AbortController();
  const timeline = new Timeline();
  const times = new TimeInStates();

  const fetchRun = async (id: string) => {
    const run = await call('GET /api/runs/{id}', { params: { id } }, { signal: closing.signal });
    ended.value = run;
    failure.value = null;
  };
  const fail = (reason: unknown) => {
    const why = ApiFailure.from(reason);
    if (why.code !== 'aborted') failure.value = why;
  };

  /** A run that is over is in no list of the live ones: it is fetched once more, for how it ended. */
  const stopFetching = effect(() => {
    const id = runId.value;
    if (id === null) return;
    lastRunId.value = id;
    const live = liveRun(id);
    if (live !== undefined) ended.value = live;
    else if (runs.value !== undefined || ended.peek() === undefined) fetchRun(id).catch(fail);
  });

  /** The first run of the page is followed; another one on the same desktop is another story. */
  let followed: string | null = null;
  let stopFollowing = () => {};
  const stopWatching = effect(() => {
    const id = runId.value;
    if (id === null || followed !== null) return;
    followed = id;
    const history = followRun(id);
    let taken = 0;
    const stopTaking = effect(() => {
      const all = history.events.value;
      let isChanged = false;
      for (; taken < all.length; taken += 1) {
        const event = all[taken];
        if (event === undefined || !timeline.add(event)) continue;
        times.add(event);
        if (event.fact.type === 'desktop.stage') stages.value = new Map([...stages.value, [event.fact.time.stage, event.fact.time.ms]]);
        if (event.fact.type === 'run.started_over') stages.value = new Map();
        isChanged = true;
      }
      if (isChanged) revision.value += 1;
    });
    const stopNoting = effect(() => {
      isComplete.value = history.isComplete.value;
      if (history.failure.value !== null) failure.value = history.failure.value;
    });
    stopFollowing = () => {
      stopTaking();
      stopNoting();
      history.close();
    };
  });

  const run = computed(() => (runId.value === null ? (desktops.value === undefined ? undefined : null) : liveRun(runId.value) ?? ended.value));
  const desktopId = computed(() => ('desktopId' in address ? address.desktopId : run.value?.desktopId ?? null));
  return {
    run, desktopId, timeline, times, revision, stages, isComplete, failure,
    desktop: computed(() => (desktopId.value === null ? undefined : liveDesktop(desktopId.value))),
    holding: computed(() => (desktopId.value === null ? run.value ?? null : runOn(desktopId.value) ?? run.value ?? null)),
    close() {
      closing.abort();
      stopFetching();
      stopWatching();
      stopFollowing();
    },
  };
}

/** The run that is on a desktop now, if one is. */
function runOn(desktopId: string): Run | undefined {
  return runs.value?.find((one) => one.desktopId === desktopId && one.endedAt === null);
}
