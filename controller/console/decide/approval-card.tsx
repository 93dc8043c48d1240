import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { pathTo } from '../../api/console-paths.ts';
import type { Approval } from '../api/answers.ts';
import { liveRun } from '../state/live.ts';
import { me } from '../state/me.ts';
import { TextField } from '../ui/field.tsx';
import { QuestionField } from './question-field.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { Moment } from '../ui/time.tsx';
import { badgeOf } from './approval-badge.ts';
import { ApprovalFrame } from './approval-frame.tsx';
import { AskedSteps } from './asked-steps.tsx';
import { endOf, groundsOf, shortDigest, titleOf } from './asked-words.ts';
import { Deadline } from './deadline.tsx';
import { decide, draftOf, isSending, refusalFor, write } from './deciding.ts';
import { DecisionButtons } from './decision-buttons.tsx';
import { showInPlace } from './dock.ts';
import { editsOf, problemOfDraft } from './draft.ts';
import { mayDecide } from './permission.ts';
import { approvalById, takeApprovals, taskOf } from './waiting.ts';
import css from './approval-card.module.css';

type CardProps = {
  /** The approval; newer word on it is shown as it comes. */
  readonly approval: Approval;
  /** Whether a page shows it, so that it need not be shown over every page too. */
  readonly isInPlace?: boolean;
  /** Whether the run's task is named: not on the run's own page. */
  readonly namesRun?: boolean;
  /** More at the upper right, such as how to get to the next one. */
  readonly children?: ComponentChildren;
};

/** A question to a person: the frame with what would be done, why it is asked, the time left, and the two answers. */
export function ApprovalCard({ approval: given, isInPlace = false, namesRun = true, children }: CardProps) {
  const approval = approvalById(given.id) ?? given;
  const [chosen, setChosen] = useState<number | null>(null);
  const name = useId();
  useEffect(() => {
    if (approvalById(given.id) === undefined) takeApprovals([given]);
    return isInPlace ? showInPlace(given.id) : undefined;
  }, [given.id, isInPlace]);
  const permission = mayDecide(me.value ?? null, approval, liveRun(approval.runId) ?? null);
  const isPending = approval.state === 'pending';
  return (
    <article class={css.card} aria-labelledby={name} data-approval={approval.id} data-state={approval.state}>
      <header class={css.head}>
        <div class={css.title}>
          <StateBadge status={badgeOf(approval)} />
          <h2 id={name}>{titleOf(approval)}</h2>
        </div>
        {isPending && <Deadline since={approval.openedAt} until={approval.expiresAt} end={approval.kind === 'question' ? 'unanswered' : 'denied'} />}
        {children}
      </header>
      <div class={css.columns} data-picture={approval.kind !== 'network' || undefined}>
        {(approval.kind !== 'network' || approval.frameId !== null) && <ApprovalFrame approval={approval} chosen={chosen} />}
        <div class={css.facts}>
          {namesRun && <RunLine runId={approval.runId} />}
          <ul class={css.grounds} aria-label="Why a person is asked" data-grounds>
            {groundsOf(approval).map(({ who, words, code }, index) => <li key={index}><strong>{who}</strong>{code !== null && <code class={css.code}>{code}</code>}<p>{words}</p></li>)}
          </ul>
          <AskedSteps approval={approval} mayEdit={isPending && permission.may} chosen={chosen} onChoose={setChosen} />
          <Ending approval={approval} />
        </div>
      </div>
      <footer class={css.foot}>
        <span>asked <Moment at={approval.openedAt} /></span>
        <span title={`SHA-256 of exactly what is asked: ${approval.digest}`}>digest <code>{shortDigest(approval.digest)}</code></span>
        <span class={css.id}>{approval.id}</span>
      </footer>
      {isPending && (permission.may ? <Answer approval={approval} /> : <p class={css.readOnly}>{permission.why}</p>)}
    </article>
  );
}

function RunLine({ runId }: { readonly runId: string }) {
  const run = liveRun(runId);
  return (
    <p class={css.run}>
      <a href={pathTo('run', runId)}>{run?.task ?? taskOf(runId) ?? runId}</a>
      {run !== undefined && <span class={css.quiet}>{run.model ?? 'driven by a program'}{run.startedBy === null ? '' : ` · started by ${run.startedBy}`} · step {run.steps}</span>}
    </p>
  );
}

/** What became of it, and why a decision from here was not taken. */
function Ending({ approval }: { readonly approval: Approval }) {
  const refusal = refusalFor(approval.id);
  return (
    <>
      {approval.state !== 'pending' && <p class={css.end} data-state={approval.state}>{endOf(approval)}{approval.decidedAt !== null && <> · <Moment at={approval.decidedAt} /></>}</p>}
      {refusal !== undefined && <p class={css.refusal} role="alert">{refusal.words}</p>}
    </>
  );
}

function Answer({ approval }: { readonly approval: Approval }) {
  const draft = draftOf(approval.id);
  const problem = problemOfDraft(approval, draft);
  const onReason = (reason: string) => write(approval.id, { ...draft, reason });
  return (
    <div class={css.answer}>
      <div class={css.reason} data-reason>
        {approval.question === undefined
          ? <TextField label="Reason (a denial’s is told to the model)" error={problem} aria-keyshortcuts="g r" autocomplete="off" maxLength={2000} value={draft.reason} onValue={onReason} />
          : <QuestionField choices={approval.question.choices} value={draft.reason} onValue={onReason} />}
      </div>
      <DecisionButtons key={approval.id} isBusy={isSending(approval.id)} mayApprove={problem === undefined} words={buttonWords(approval, editsOf(approval, draft).length > 0)} onDecide={(decision) => void decide(approval, decision)} />
    </div>
  );
}

function buttonWords({ kind }: Approval, isEdited: boolean) {
  switch (kind) {
    case 'network': return { approve: 'Allow for this run', deny: 'Refuse' };
    case 'question': return { approve: 'Send the answer', deny: 'Do not answer' };
    case 'safety_check':
    case 'policy':
    case 'stale_target': return { approve: isEdited ? 'Approve as edited' : 'Approve', deny: 'Deny' };
  }
}
