import type { Approval } from '../api/answers.ts';
import { stepsOf } from './asked-words.ts';
import type { Step } from './asked-words.ts';
import { shownCode } from '../ui/shown-text.ts';
import { draftOf, write } from './deciding.ts';
import { placeKey } from './draft.ts';
import { Difference, EditedText } from './edited-text.tsx';
import css from './steps.module.css';

type StepsProps = {
  readonly approval: Approval;
  readonly mayEdit: boolean;
  readonly chosen: number | null;
  /** A step is pointed at: its mark stands out. */
  readonly onChoose: (place: number | null) => void;
};

/** What would be done, step by step, each exactly. */
export function AskedSteps({ approval, mayEdit, chosen, onChoose }: StepsProps) {
  const steps = stepsOf(approval);
  if (steps.length === 0) return null;
  return (
    <ol class={css.steps} aria-label="What would be done">
      {steps.map((step, order) => (
        <li key={`${step.callId} ${step.index}`} class={css.step} data-chosen={(chosen !== null && chosen === step.place) || undefined} onPointerEnter={() => onChoose(step.place < 0 ? null : step.place)} onPointerLeave={() => onChoose(null)}>
          <span class={css.order} aria-hidden="true">{step.place < 0 ? '•' : step.place + 1}</span>
          <div class={css.content}>
            <p class={css.words}>{step.text === null ? step.words : 'Type this text'}{step.rules.length > 0 && <span class={css.rule}>{step.rules.join(', ')}</span>}</p>
            {step.text !== null && <StepText approval={approval} step={step} asked={step.text} mayEdit={mayEdit} />}
            {step.detail !== null && <pre class={css.typed} tabIndex={0} aria-label={`Step ${order + 1} in full`}>{shownCode(step.detail)}</pre>}
          </div>
        </li>
      ))}
    </ol>
  );
}

function StepText({ approval, step, asked, mayEdit }: { readonly approval: Approval; readonly step: Step; readonly asked: string; readonly mayEdit: boolean }) {
  const decided = approval.edits.find(({ callId, index }) => callId === step.callId && index === step.index);
  if (decided !== undefined) return <Difference before={asked} after={decided.text} />;
  const draft = draftOf(approval.id);
  const key = placeKey(step);
  const onWrite = (text: string | undefined) => {
    const { [key]: _before, ...others } = draft.texts;
    write(approval.id, { ...draft, texts: text === undefined ? others : { ...others, [key]: text } });
  };
  return <EditedText asked={asked} written={draft.texts[key]} onWrite={mayEdit ? onWrite : undefined} />;
}
