import { Button } from '../ui/button.tsx';
import { KeyHint } from '../ui/key-hint.tsx';
import { useRest } from './use-rest.ts';
import css from './decision-buttons.module.css';

type ButtonsProps = {
  readonly isBusy: boolean;
  readonly mayApprove: boolean;
  /** What the two are called. */
  readonly words: Readonly<Record<'approve' | 'deny', string>>;
  readonly onDecide: (decision: 'approve' | 'deny') => void;
};

/** The two answers, of equal size. None has the focus unless somebody gives it one, and none is pressed by a key that is held down. */
export function DecisionButtons({ isBusy, mayApprove, words, onDecide }: ButtonsProps) {
  const isResting = useRest();
  const guarded = { disabled: isResting, onKeyDown: (event: KeyboardEvent) => event.repeat && event.preventDefault() };
  return (
    <div class={css.buttons} role="group" aria-label="Decision" data-decision data-resting={isResting || undefined}>
      <Button {...guarded} kind="danger" busy={isBusy} aria-keyshortcuts="g d" onClick={() => onDecide('deny')}>{words.deny} <KeyHint keys="g d" /></Button>
      <Button {...guarded} kind="primary" busy={isBusy} disabled={isResting || !mayApprove} aria-keyshortcuts="g a" onClick={() => onDecide('approve')}>{words.approve} <KeyHint keys="g a" /></Button>
    </div>
  );
}
