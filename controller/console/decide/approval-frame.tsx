import type { Approval } from '../api/answers.ts';
import { MarkedPicture } from '../marks/marked-picture.tsx';
import type { Size } from '../marks/shape.ts';
import { useFrame } from '../marks/use-frame.ts';
import { liveDesktop, liveRun } from '../state/live.ts';
import { Skeleton } from '../ui/states.tsx';
import { actionsOf, stepsOf } from './asked-words.ts';
import css from './approval-frame.module.css';

const usualDisplay: Size = { width: 1280, height: 800 };

/** The frame on which was decided, with exactly the actions that wait drawn on it. `chosen` is the place of the one that stands out. */
export function ApprovalFrame({ approval, chosen = null }: { readonly approval: Approval; readonly chosen?: number | null }) {
  const state = useFrame(approval.runId, approval.frameId);
  const frame = state.kind === 'shown' ? state.frame : null;
  const display = frame?.display ?? liveDesktop(liveRun(approval.runId)?.desktopId ?? '')?.display ?? usualDisplay;
  const words = stepsOf(approval).map((step) => step.words).join(', then ');
  return (
    <figure class={css.frame}>
      <MarkedPicture src={frame?.url ?? null} alt={`The screen on which this was decided${words === '' ? '' : `, with what would be done drawn on it: ${words}`}`} display={display} actions={actionsOf(approval)} pointer={frame?.pointer ?? null} chosen={chosen}>
        {state.kind === 'loading' && <Skeleton height="100%" label="Fetching the picture" />}
        {state.kind === 'missing' && <p class={css.missing}>{state.why}</p>}
      </MarkedPicture>
    </figure>
  );
}
