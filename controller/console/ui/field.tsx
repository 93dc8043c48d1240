import type { ComponentChildren, InputHTMLAttributes, TextareaHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';
import css from './field.module.css';

type Described = { readonly label: string; readonly hint?: ComponentChildren; readonly error?: string | null; /** The label is for screen readers only. */ readonly hidesLabel?: boolean };
type FieldProps = Described & { readonly children: (given: { readonly id: string; readonly class: string; readonly 'aria-invalid'?: 'true'; readonly 'aria-describedby'?: string }) => ComponentChildren };

/** A labelled field; what belongs to the input is handed to whoever draws it. */
export function Field({ label, hint, error, hidesLabel = false, children }: FieldProps) {
  const id = useId();
  const described = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div class={css.field}>
      <label class={hidesLabel ? 'unseen' : css.label} for={id}>{label}</label>
      {children({ id, class: css.input ?? '', ...(error ? { 'aria-invalid': 'true' as const } : {}), ...(described === undefined ? {} : { 'aria-describedby': described }) })}
      {error ? <p class={css.error} id={`${id}-error`} role="alert">{error}</p> : hint && <p class={css.hint} id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

type InputProps = {
  readonly type?: 'text' | 'password' | 'search' | 'number' | 'url';
  readonly name?: string;
  readonly placeholder?: string;
  readonly autocomplete?: 'off' | 'current-password' | 'username';
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly autofocus?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
  readonly maxLength?: number;
  readonly list?: string;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onBlur?: () => void;
  readonly 'aria-keyshortcuts'?: string;
};
type TextProps = Described & InputProps & { readonly value: string; readonly onValue: (value: string) => void };

/** One line of text. */
export function TextField({ label, hint, error, hidesLabel, value, onValue, ...rest }: TextProps) {
  // Preact's type of an input is a union over all values of `type`; of these here, any goes with the other properties.
  const own = rest as InputHTMLAttributes<HTMLInputElement>;
  return <Field {...{ label, hint, error, hidesLabel }}>{(given) => <input {...own} {...given} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}</Field>;
}

type AreaProps = Described & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'label' | 'value' | 'onInput'> & { readonly value: string; readonly onValue: (value: string) => void };

/** Several lines of text. */
export function TextArea({ label, hint, error, hidesLabel, value, onValue, ...rest }: AreaProps) {
  return <Field {...{ label, hint, error, hidesLabel }}>{(given) => <textarea {...rest} {...given} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}</Field>;
}

type SelectProps = Described & { readonly value: string; readonly onValue: (value: string) => void; readonly options: readonly { readonly value: string; readonly words: string; readonly disabled?: boolean }[]; readonly disabled?: boolean };

/** One of several. */
export function SelectField({ label, hint, error, hidesLabel, value, onValue, options, disabled }: SelectProps) {
  return (
    <Field {...{ label, hint, error, hidesLabel }}>
      {(given) => (
        <select {...given} value={value} disabled={disabled} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map((option) => <option key={option.value} value={option.value} disabled={option.disabled} selected={option.value === value}>{option.words}</option>)}
        </select>
      )}
    </Field>
  );
}

/** Yes or no. */
export function CheckField({ label, value, onValue, disabled }: { readonly label: ComponentChildren; readonly value: boolean; readonly onValue: (value: boolean) => void; readonly disabled?: boolean }) {
  return <label class={css.check}><input type="checkbox" checked={value} disabled={disabled} onChange={(event) => onValue(event.currentTarget.checked)} /><span>{label}</span></label>;
}
