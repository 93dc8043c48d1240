import { pathTo } from '../../../api/console-paths.ts';
import type { Run } from '../../api/answers.ts';
import { MarkedPicture } from '../../marks/marked-picture.tsx';
import { useFrame } from '../../marks/use-frame.ts';
import css from './run-summary.module.css';

/** The screen as it was last seen; it leads to the replay's end. Its place is as large before the picture is there. */
export function LastFrame({ run }: { readonly run: Run }) {
  const state = useFrame(run.id, run.lastFrameId);
  const frame = state.kind === 'shown' ? state.frame : null;
  return (
    <a class={css.last} href={pathTo('replay', run.id)} aria-label="Watch the replay">
      <MarkedPicture src={frame?.url ?? null} alt="The screen as it was last seen" display={frame?.display ?? { width: 1280, height: 800 }}>
        {state.kind === 'missing' && <span class={css.missing}>{state.why}</span>}
      </MarkedPicture>
    </a>
  );
}
