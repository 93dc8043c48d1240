import type { DiskUse } from '../journal/upkeep.ts';

/** One thing the controller needs to do its work. */
export type HealthCheck = { readonly name: string; readonly ok: boolean; readonly reason: string | null };

/** Whether the controller can do its work: engine, image, journal, disk. Answers within a few seconds; reasons hold no secrets. */
export type Health = () => Promise<{ readonly ready: boolean; readonly checks: readonly HealthCheck[]; readonly disk?: DiskUse }>;
