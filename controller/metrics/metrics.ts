import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Desktops } from '../desktops/desktop.ts';
import type { Gates } from '../gate/gates.ts';
import type { Commit, Journal, StoredEvent } from '../journal/journal.ts';
import type { DiskUse } from '../journal/upkeep.ts';
import type { Models } from '../models/model.ts';
import type { RunFact } from '../runs/run-event.ts';
import type { Run } from '../runs/run.ts';
import { countFact } from './count-facts.ts';
import { countDecision } from './count-decisions.ts';
import { createMeters } from './meters.ts';
import type { Meters } from './meters.ts';
import { createRequestWatch } from './request-watch.ts';

/** What gauges are read from. */
export type MetricSources = {
  readonly journal: Pick<Journal, 'census'>;
  readonly desktops: Pick<Desktops, 'list'>;
  readonly models: Pick<Models, 'list'>;
  readonly diskUse: () => DiskUse;
  readonly maxDesktops: number;
};

/** The metrics of a process: counted by what passes through the ports that it is put around, read as a page. */
export interface Metrics {
  /** The journal, with every commit timed and its facts counted. */
  aroundJournal<Port extends Journal>(journal: Port): Port;
  /** The gates, with every decision counted. */
  aroundGates(gates: Gates): Gates;
  /** Reads gauges from these from now on, in place of those before. */
  readFrom(sources: MetricSources): void;
  /** Told of every request; `routeOf` names its route once it is answered. */
  begun(response: ServerResponse, routeOf: () => string): void;
  /** Told of every connection of a live view. */
  viewing(connection: Duplex): void;
  /** Everything in the text format of Prometheus. */
  page(): Promise<{ readonly type: string; readonly text: string }>;
}

/** A model that is not configured any more. */
const otherModel = 'other';

/** Metrics with all counters at 0. `process`: with those of the process itself (memory, processor, event loop, garbage collection). */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  const meters = createMeters(registry);
  if (options.process === true) collectDefaultMetrics({ register: registry });
  const requests = createRequestWatch(meters);
  const viewers = new Set<Duplex>();
  let sources: MetricSources | undefined;
  const modelOf = (name: string | null) => (name !== null && sources?.models.list().some((view) => view.name === name) === true ? name : otherModel);

  return {
    aroundJournal: (journal) => new Proxy(journal, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key === 'commit') return (change: Commit) => timed(meters, change, modelOf, () => target.commit(change));
        return value;
      },
    }),
    aroundGates: (gates) => ({
      ...gates,
      open: (desktopId, owner) => gates.open(desktopId, { ...owner, onDecision: (decision) => {
        countDecision(meters, decision);
        owner.onDecision(decision);
      } }),
    }),
    readFrom: (given) => {
      sources = given;
    },
    begun: requests.begun,
    viewing: (connection) => {
      viewers.add(connection);
      connection.once('close', () => viewers.delete(connection));
    },
    page: async () => {
      if (sources !== undefined) readGauges(meters, sources);
      meters.eventStreams.set(requests.openStreams());
      meters.viewers.set(viewers.size);
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}

function timed(meters: Meters, change: Commit, modelOf: (name: string | null) => string, commit: () => readonly StoredEvent[]): readonly StoredEvent[] {
  const began = performance.now();
  let events: readonly StoredEvent[];
  try {
    events = commit();
  } catch (error) {
    meters.commitFailures.inc();
    throw error;
  }
  meters.commitSeconds.observe((performance.now() - began) / 1000);
  meters.events.inc(events.length);
  countFacts(meters, change, modelOf);
  return events;
}

/** Commits come from runs alone: their facts are RunFacts, their view a Run. */
function countFacts(meters: Meters, change: Commit, modelOf: (name: string | null) => string): void {
  for (const fact of change.facts as readonly RunFact[]) {
    try {
      countFact(meters, fact, change.view as Run, change.at, modelOf);
    } catch {
      meters.uncounted.inc(); // What is committed stays so, whatever can be counted of it.
    }
  }
}

function readGauges(meters: Meters, { journal, desktops, diskUse, maxDesktops }: MetricSources): void {
  const { runs, approvals } = journal.census();
  meters.runs.reset();
  for (const { state, count } of runs) meters.runs.set({ state }, count);
  const oldest = runs.find(({ state }) => state === 'queued')?.oldestAt;
  meters.queueOldestSeconds.set(oldest === undefined ? 0 : Math.max(0, Date.now() - oldest) / 1000);
  meters.approvalsPending.reset();
  for (const { kind, count } of approvals) meters.approvalsPending.set({ kind }, count);
  meters.desktops.reset();
  for (const { state } of desktops.list()) meters.desktops.inc({ state });
  meters.desktopPlaces.set(maxDesktops);
  const { journalBytes, framesBytes, artefactsBytes, uploadsBytes, freeBytes, totalBytes } = diskUse();
  for (const [kind, bytes] of Object.entries({ journal: journalBytes, frames: framesBytes, artefacts: artefactsBytes, uploads: uploadsBytes })) if (bytes !== null) meters.dataBytes.set({ kind }, bytes);
  meters.diskFreeBytes.set(freeBytes);
  meters.diskTotalBytes.set(totalBytes);
}
