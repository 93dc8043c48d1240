import { Button } from '../../ui/button.tsx';
import { frameOf } from './stage.tsx';
import type { Entry } from './timeline-entry.ts';
import css from './picture.module.css';

type ChosenPlateProps = { readonly chosen: Entry; readonly showsAfter: boolean; readonly onAfter: (showsAfter: boolean) => void; readonly isLive: boolean; readonly onLeave: () => void };

/** Says that a recorded frame is shown in place of the live picture, and leads back. */
export function ChosenPlate({ chosen, showsAfter, onAfter, isLive, onLeave }: ChosenPlateProps) {
  if (frameOf(chosen, showsAfter) === null) return null;
  const { before, after, at } = chosen;
  return (
    <>
      <span class={css.recorded} role="status">Recorded at {new Date(at).toLocaleTimeString('en-GB')}</span>
      {before !== null && after !== null && before !== after && <Button size="small" onClick={() => onAfter(!showsAfter)}>{showsAfter ? 'Show before' : 'Show after'}</Button>}
      <Button size="small" kind="primary" onClick={onLeave}>{isLive ? 'Back to live' : 'Back to the end'}</Button>
    </>
  );
}
