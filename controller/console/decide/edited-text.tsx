import { useId, useState } from 'preact/hooks';
import { visibleText } from '../marks/captions.ts';
import { Button } from '../ui/button.tsx';
import { diffTexts } from './text-diff.ts';
import css from './steps.module.css';

type EditedProps = {
  /** What the model would type. */
  readonly asked: string;
  /** What a person wrote in its place; undefined while nobody has. */
  readonly written: string | undefined;
  /** Undefined where it cannot be edited. */
  readonly onWrite: ((text: string | undefined) => void) | undefined;
};

/** A text that would be typed, in full; who may can write another one, and sees what that changes. */
export function EditedText({ asked, written, onWrite }: EditedProps) {
  const [isEditing, setEditing] = useState(false);
  const id = useId();
  const isChanged = written !== undefined && written !== asked;
  return (
    <div class={css.text}>
      {isChanged ? <Difference before={asked} after={written} /> : <pre class={css.typed} tabIndex={0} aria-label="The text that would be typed">{visibleText(asked)}</pre>}
      {onWrite !== undefined && isEditing && (
        <>
          <label class={css.label} for={id}>Type this instead</label>
          <textarea id={id} class={css.area} spellcheck={false} rows={Math.min(8, (written ?? asked).split('\n').length)} value={written ?? asked} onInput={(event) => onWrite(event.currentTarget.value)} />
          <p class={css.hint}>A line break presses Enter. The model is told what was typed instead.</p>
        </>
      )}
      {onWrite !== undefined && (
        <div class={css.buttons}>
          <Button kind="quiet" size="small" aria-expanded={isEditing} onClick={() => setEditing(!isEditing)}>{isEditing ? 'Close the editor' : 'Edit the text'}</Button>
          {isChanged && <Button kind="quiet" size="small" onClick={() => onWrite(undefined)}>Undo the edit</Button>}
        </div>
      )}
    </div>
  );
}

/** A text before and after, with what was taken out and what was put in. */
export function Difference({ before, after }: { readonly before: string; readonly after: string }) {
  return (
    <pre class={css.typed} tabIndex={0} aria-label="The text with what was changed in it">
      {diffTexts(visibleText(before), visibleText(after)).map(({ kind, text }, index) => {
        if (kind === 'same') return <span key={index}>{text}</span>;
        return kind === 'removed' ? <del key={index} class={css.removed}>{text}</del> : <ins key={index} class={css.added}>{text}</ins>;
      })}
    </pre>
  );
}
