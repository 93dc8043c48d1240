import type { ActionsResult } from '../../../controller/api/shapes.ts';
import { lettersOf, placeOf } from './compare-witness.ts';
import type { CrashWorld } from './crash-world.ts';

/** A click and a text that a caller sent by itself, and what it was told of them; null when the answer did not come. */
export type Sent = { readonly n: number; readonly told: ActionsResult | null };

/**
 * A caller that acts on a desktop again and again, each time elsewhere. An answer that does not come is not asked for
 * again: the caller cannot know, and looks at the run's events. Ends with the signal.
 */
export async function actDirectly(world: CrashWorld, desktopId: string, signal: AbortSignal): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let n = 0; !signal.aborted; n += 1) {
    const actions = [{ type: 'click', ...placeOf(n) }, { type: 'type', text: lettersOf(n) }];
    const told = await world.ask<ActionsResult>('POST', `/api/desktops/${desktopId}/actions`, { actions, settle: { floorMs: 20, quietMs: 20, ceilingMs: 1000 } });
    sent.push({ n, told: told ?? null });
    for (const { actionId, status } of told?.outcomes ?? []) world.acknowledged.push({ kind: 'action', runId: told?.runId ?? '', actionId, status });
    if (told === undefined) await world.answering(signal);
  }
  return sent;
}
