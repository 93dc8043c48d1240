import type { ComponentChildren } from 'preact';
import type { Run } from '../api/answers.ts';
import { kindAskedBy } from '../decide/waiting.ts';
import { statusOfRun } from '../state/session-status.ts';
import { StateBadge } from '../ui/state-badge.tsx';
import css from './film-head.module.css';

type HeadProps = { readonly run: Run; /** More facts, in their line. */ readonly facts?: ComponentChildren; /** What can be done, at the end. */ readonly children?: ComponentChildren };

/** What a film is of: the task, the state, and the run in numbers. */
export function FilmHead({ run, facts, children }: HeadProps) {
  return (
    <header class={css.head}>
      <div class={css.about}>
        <h1 class={css.task} title={run.task}>{run.task}</h1>
        <p class={css.facts}><StateBadge status={statusOfRun(run, kindAskedBy(run))} /><span>{run.driver === 'model' ? run.model : 'Direct actions'}</span><span>{run.turns} turns</span><span>{run.steps} steps</span>{facts}</p>
      </div>
      <div class={css.actions}>{children}</div>
    </header>
  );
}
