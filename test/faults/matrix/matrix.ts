import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { it } from 'node:test';
import { waitFor } from '../../support/wait-for.ts';
import { checks } from './invariants.ts';
import { rows } from './rows.ts';
import type { RowName } from './rows.ts';
import { World } from './world.ts';
import type { EngineRelay } from './engine-relay.ts';

/** What one row came to. */
export type RowResult = { readonly name: RowName; readonly seen: string; readonly ms: number };

/** How long after a fault an invariant that is restored by sweeping may take to hold. */
const sweepMs = 30_000;
/** Whether rows are to be repeated more often, and heavier. */
export const isFull = process.env['VITRINE_TEST_FULL'] === '1';

/**
 * One row of the fault matrix as a test: `body` brings the fault about and says in words what was seen; then the invariants that the
 * row names are asserted on the evidence, and its line is printed. `world` is asked for when the row begins.
 */
export function row(name: RowName, world: () => World, body: (world: World) => Promise<string>): void {
  const { of, shows } = rows[name];
  it(`${of} ${name}: ${shows.join(' ')}`, async () => {
    const here = world();
    await carryOut(name, here, () => body(here));
  });
}

async function carryOut(name: RowName, world: World, body: () => Promise<string>): Promise<void> {
  await world.begin();
  const begunAt = performance.now();
  const seen = await body();
  await assertInvariants(name, world);
  tell({ name, seen, ms: Math.round(performance.now() - begunAt) });
}

/** A row with a world of its own, behind a relay if one is asked for: for rows that wait long, several at once. */
export function aloneRow(name: RowName, { relay: startRelay }: { readonly relay?: () => Promise<EngineRelay> }, body: (world: World, relay: EngineRelay | undefined) => Promise<string>): void {
  const { of, shows } = rows[name];
  it(`${of} ${name}: ${shows.join(' ')}`, async () => {
    await using cleanUp = new AsyncDisposableStack();
    const relay = startRelay === undefined ? undefined : cleanUp.use(await startRelay());
    const world = cleanUp.use(await World.start(relay === undefined ? {} : { engineFor: relay.url }));
    await carryOut(name, world, () => body(world, relay));
  });
}

/** Asserts the invariants that a row names, as far as the evidence alone can show them. */
async function assertInvariants(name: RowName, world: World): Promise<void> {
  let wrong: readonly string[] = [];
  const hold = async () => {
    const evidence = await world.evidence();
    wrong = rows[name].shows.flatMap((invariant) => (checks[invariant]?.(evidence) ?? []).map((fault) => `${invariant}: ${fault}`));
    return wrong.length === 0 || wrong.some((fault) => !fault.startsWith('I9'));
  };
  await waitFor('left-over containers are swept', hold, sweepMs).catch(() => undefined); // what is wrong then is said below
  assert.deepEqual(wrong, [], name);
}

/** Prints a row's line, and keeps it for the page if asked to (`VITRINE_FAULT_ROWS`, a file). */
function tell(result: RowResult): void {
  const { of, how, shows } = rows[result.name];
  console.log(`fault | ${of} | ${result.name} | ${how} | ${result.seen} | ${shows.join(' ')} | ${result.ms} ms`);
  const file = process.env['VITRINE_FAULT_ROWS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
}
