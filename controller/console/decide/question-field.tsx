import { Button } from '../ui/button.tsx';
import { TextArea } from '../ui/field.tsx';
import css from './question-field.module.css';

type QuestionProps = { readonly choices: readonly string[]; readonly value: string; readonly onValue: (value: string) => void };

/** The answer to a question of the model's: written, or chosen and then sent like a written one. */
export function QuestionField({ choices, value, onValue }: QuestionProps) {
  return (
    <div class={css.question}>
      {choices.length > 0 && (
        <div class={css.choices} role="group" aria-label="Answers that the model suggests">
          {choices.map((choice, index) => <Button key={index} size="small" aria-pressed={value.trim() === choice} onClick={() => onValue(choice)}>{choice}</Button>)}
        </div>
      )}
      <TextArea label="Your answer, or why you give none" rows={2} maxLength={10_000} autocomplete="off" aria-keyshortcuts="g r" value={value} onValue={onValue} hint="The model reads it, and it is recorded: no passwords here." />
    </div>
  );
}
