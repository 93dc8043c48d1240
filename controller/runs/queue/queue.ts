/** What a run waits in the queue with. Everything here is pure: who goes next follows from these and from who has a desktop. */
export type Waiting = {
  readonly runId: string;
  readonly priority: Priority;
  /** The token that asked for it. */
  readonly token: string;
};

export type Priority = 'low' | 'normal' | 'high';

const ranks: readonly Priority[] = ['high', 'normal', 'low'];

/**
 * The order in which waiting runs get desktops. A higher priority goes first; within one, the token with the fewest
 * desktops (those given earlier in this order included), then the token that was given one longest ago or never, then the
 * one that came first. `waiting` is in order of arrival; `running` counts the desktops that each token has now; `served`
 * names tokens in the order in which each was last given one.
 */
export function queueOrder<Run extends Waiting>(waiting: readonly Run[], running: ReadonlyMap<string, number>, served: readonly string[] = []): Run[] {
  const counts = new Map(running);
  const servedAt = new Map(served.map((token, index) => [token, index]));
  let turn = served.length;
  return ranks.flatMap((priority) => {
    const lines = linesOf(waiting.filter((run) => run.priority === priority));
    const order: Run[] = [];
    for (let next = nextOf(lines, counts, servedAt); next !== undefined; next = nextOf(lines, counts, servedAt)) {
      order.push(next.run);
      counts.set(next.run.token, (counts.get(next.run.token) ?? 0) + 1);
      servedAt.set(next.run.token, turn++);
      next.line.shift();
    }
    return order;
  });
}

type Placed<Run> = { readonly run: Run; readonly arrival: number };

/** The waiting runs of each token, in order of arrival. */
function linesOf<Run extends Waiting>(waiting: readonly Run[]): readonly Placed<Run>[][] {
  const lines = new Map<string, Placed<Run>[]>();
  for (const [arrival, run] of waiting.entries()) {
    const line = lines.get(run.token);
    if (line === undefined) lines.set(run.token, [{ run, arrival }]);
    else line.push({ run, arrival });
  }
  return [...lines.values()];
}

function nextOf<Run extends Waiting>(lines: readonly Placed<Run>[][], counts: ReadonlyMap<string, number>, servedAt: ReadonlyMap<string, number>): { readonly run: Run; readonly line: Placed<Run>[] } | undefined {
  let best: { readonly placed: Placed<Run>; readonly line: Placed<Run>[]; readonly rank: Rank } | undefined;
  for (const line of lines) {
    const [placed] = line;
    if (placed === undefined) continue;
    const { token } = placed.run;
    const rank: Rank = [counts.get(token) ?? 0, servedAt.get(token) ?? -1, placed.arrival];
    if (best === undefined || isBefore(rank, best.rank)) best = { placed, line, rank };
  }
  return best && { run: best.placed.run, line: best.line };
}

/** Desktops that the token has, when it was last given one, arrival of the run. */
type Rank = readonly [number, number, number];

function isBefore(one: Rank, other: Rank): boolean {
  const differing = one.findIndex((value, index) => value !== other[index]);
  return differing !== -1 && (one[differing] ?? 0) < (other[differing] ?? 0);
}

/**
 * When each of `count` waiting runs may begin, in order: it takes the place that gets free first and holds it for
 * `typicalMs`. `freeAt` has one time for each place that is expected to get free. Null where nothing is known to go by.
 */
export function estimateStarts(count: number, freeAt: readonly number[], typicalMs: number | undefined, now: number): (number | null)[] {
  const places = freeAt.map((at) => Math.max(at, now)).toSorted((one, other) => one - other);
  return Array.from({ length: count }, () => {
    const at = places.shift();
    if (at === undefined || (typicalMs === undefined && at > now)) return null;
    if (typicalMs !== undefined) insert(places, at + typicalMs);
    return Math.round(at);
  });
}

function insert(sorted: number[], value: number): void {
  const index = sorted.findIndex((each) => each > value);
  if (index === -1) sorted.push(value);
  else sorted.splice(index, 0, value);
}

/** The middle of some durations; undefined for none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

const minRetrySeconds = 1;
const maxRetrySeconds = 60;
const unknownRetrySeconds = 10;

/** After how many seconds it is worth asking again; what vendors' clients wait for is at most a minute. */
export function retryAfterSeconds(freeAt: number | null, now: number): number {
  if (freeAt === null) return unknownRetrySeconds;
  return Math.min(maxRetrySeconds, Math.max(minRetrySeconds, Math.ceil((freeAt - now) / 1000)));
}
