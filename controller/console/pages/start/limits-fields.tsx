import { may } from '../../state/me.ts';
import { CheckField, TextArea, TextField } from '../../ui/field.tsx';
import type { FieldsProps } from './fields-props.ts';
import css from './start.module.css';

/** When it is to end by itself, and what is seldom needed. */
export function LimitsFields({ draft, problems, change }: FieldsProps) {
  const number = (name: 'maxSteps' | 'maxMinutes' | 'maxTokens' | 'maxCostUsd' | 'approvalMinutes' | 'keepMinutes', label: string, usual: string) => (
    <TextField label={label} type="number" step="any" value={draft[name]} onValue={(value) => change({ [name]: value })} error={problems[name] ?? null} placeholder={usual} />
  );
  return (
    <>
      <div class={css.row}>
        {number('maxSteps', 'Steps', '200')}
        {number('maxMinutes', 'Minutes of work', '30')}
        {number('maxTokens', 'Tokens', '5000000')}
        {number('maxCostUsd', 'US dollars', 'no limit')}
      </div>
      <details class={css.more} open={problems.rules !== undefined || undefined}>
        <summary>More: waiting, keeping, tools, secrets, rules</summary>
        <div class={css.inner}>
          <div class={css.row}>
            {number('approvalMinutes', 'Minutes for a decision', '15')}
            {number('keepMinutes', 'Minutes the desktop is kept', '0')}
          </div>
          <CheckField label="The model may use a shell inside the desktop" value={draft.shell} onValue={(shell) => change({ shell })} />
          <CheckField label="The model may view and edit files inside the desktop" value={draft.files} onValue={(files) => change({ files })} />
          <CheckField label="The model may ask a person what the task leaves open" value={draft.questions} onValue={(questions) => change({ questions })} />
          {may('secrets:use') && <TextField label="Secrets that it may have typed" value={draft.secrets} onValue={(secrets) => change({ secrets })} hint="Their names, with commas between. The model knows the names only." autocomplete="off" />}
          <TextArea label="Rules of this run" rows={3} value={draft.rules} onValue={(rules) => change({ rules })} error={problems.rules ?? null} hint="A JSON list, as in the policy file. They can forbid more than the installation's, never less." />
        </div>
      </details>
    </>
  );
}
