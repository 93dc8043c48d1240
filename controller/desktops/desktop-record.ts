import type { DesktopState, DesktopView, StageTime } from './desktop.ts';

/** What is known of one desktop while it exists. Changed only by those who launch, hold and release it. */
export type DesktopRecord = {
  readonly id: string;
  readonly display: DesktopView['display'];
  readonly image: string;
  readonly project: string;
  readonly createdAt: number;
  readonly stages: StageTime[];
  state: DesktopState;
  runId: string | undefined;
  releasesAt: number | undefined;
  reason: string | undefined;
};

/** The record as the API shows it; a copy. */
export function viewOf(record: DesktopRecord): DesktopView {
  const { runId, releasesAt, reason, stages, ...same } = record;
  return { ...same, stages: stages.map((stage) => ({ ...stage })), runId: runId ?? null, releasesAt: releasesAt ?? null, reason: reason ?? null };
}
