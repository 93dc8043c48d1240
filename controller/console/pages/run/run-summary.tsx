import { duration, endWordOf, wordsOfApproval } from '../../../api/plain-words.ts';
import { consolePaths, pathTo } from '../../../api/console-paths.ts';
import type { Approval, Run } from '../../api/answers.ts';
import { urlOf } from '../../api/client.ts';
import { kindAskedBy } from '../../decide/waiting.ts';
import { wordsOfHolder, wordsOfState } from '../../film/film.ts';
import type { Film, Holder } from '../../film/film.ts';
import { timePerHolder, timePerState } from '../../film/totals.ts';
import type { Total } from '../../film/totals.ts';
import { NetworkPanel } from '../../network/network-panel.tsx';
import { liveDesktop } from '../../state/live.ts';
import { statusOfRun } from '../../state/session-status.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { bytesText } from '../../ui/format.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { Moment, Money } from '../../ui/time.tsx';
import { adviceFor } from './failure-advice.ts';
import { LastFrame } from './last-frame.tsx';
import { useDetails } from './use-details.ts';
import css from './run-summary.module.css';

/** A run that is over: what came of it, what it took, what people decided, what it left. */
export function RunSummary({ run }: { readonly run: Run }) {
  const { film, approvals, failure, retry } = useDetails(run.id);
  const desktop = run.desktopId === null ? undefined : liveDesktop(run.desktopId);
  return (
    <article class={css.page}>
      <header class={css.head}>
        <div class={css.about}>
          <h1 class={css.task}>{run.task}</h1>
          <p class={css.facts}><StateBadge status={statusOfRun(run, kindAskedBy(run))} large /><span>{run.driver === 'model' ? run.model : 'Direct actions'}</span><span><Moment at={run.createdAt} /></span><code>{run.id}</code></p>
        </div>
        <div class={css.actions}>
          <ButtonLink kind="primary" href={pathTo('replay', run.id)}>Watch the replay</ButtonLink>
          <ButtonLink href={`${consolePaths.compare}?left=${encodeURIComponent(run.id)}`}>Compare</ButtonLink>
          {desktop !== undefined && desktop.state === 'ready' && <ButtonLink href={pathTo('desktop', desktop.id)}>Its desktop is still there</ButtonLink>}
        </div>
      </header>
      <Outcome run={run} />
      {failure.value !== null && <Failure what="The details of this run could not be fetched" failure={failure.value} onRetry={retry} />}
      <div class={css.columns}>
        <div class={css.column}>
          <LastFrame run={run} />
          <Times film={film.value} />
        </div>
        <div class={css.column}>
          <Numbers run={run} />
          <Artefacts run={run} />
          <Approvals approvals={approvals.value} />
          <div class={css.panel}><h2>Network</h2><NetworkPanel runId={run.id} isOver /></div>
        </div>
      </div>
    </article>
  );
}

function Outcome({ run }: { readonly run: Run }) {
  if (run.failure !== null) {
    return (
      <section class={css.outcome} data-tone="bad" aria-label="Why it failed">
        <h2>It failed: {run.failure.message}</h2>
        <p>{adviceFor(run.failure.code)}</p>
        {run.answer !== null && <pre class={css.answer} tabIndex={0}>{run.answer}</pre>}
      </section>
    );
  }
  if (run.state === 'cancelled') return <section class={css.outcome} aria-label="Outcome"><h2>It was stopped before its end</h2>{run.answer !== null && <pre class={css.answer} tabIndex={0}>{run.answer}</pre>}</section>;
  return (
    <section class={css.outcome} data-tone="good" aria-label="Answer">
      <h2>Answer</h2>
      <pre class={css.answer} tabIndex={0}>{run.answer ?? 'It ended without an answer.'}</pre>
    </section>
  );
}

function Numbers({ run }: { readonly run: Run }) {
  const { usage } = run;
  const rows: readonly (readonly [string, preact.ComponentChildren])[] = [
    ['Turns', run.turns.toLocaleString('en')], ['Steps', run.steps.toLocaleString('en')],
    ['In all', duration((run.endedAt ?? run.createdAt) - run.createdAt)], ['At work', duration(run.activeMs)],
    ['Cost', <Money usd={run.costUsd} />], ['Tokens in', `${usage.inputTokens.toLocaleString('en')}${usage.cachedInputTokens > 0 ? `, ${usage.cachedInputTokens.toLocaleString('en')} cached` : ''}`],
    ['Tokens out', `${usage.outputTokens.toLocaleString('en')}${usage.reasoningTokens > 0 ? `, ${usage.reasoningTokens.toLocaleString('en')} reasoning` : ''}`],
  ];
  return <section class={css.panel} aria-label="What it took"><h2>What it took</h2><dl class={css.numbers}>{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl></section>;
}

function Times({ film }: { readonly film: Film | null }) {
  if (film === null) return <section class={css.panel}><h2>Where the time went</h2><Skeleton height="9rem" label="Loading the times" /></section>;
  return (
    <section class={css.panel} aria-label="Where the time went">
      <h2>Where the time went</h2>
      <Bars label="Who had the desktop" totals={timePerHolder(film)} wordsOf={(name) => wordsOfHolder(name as Holder)} />
      <Bars label="By state" totals={timePerState(film)} wordsOf={(name) => wordsOfState(name as Film['states'][number]['state'])} />
    </section>
  );
}

function Bars({ label, totals, wordsOf }: { readonly label: string; readonly totals: readonly Total[]; readonly wordsOf: (name: string) => string }) {
  return (
    <>
      <h3 class={css.small}>{label}</h3>
      <ul class={css.bars}>{totals.map(({ name, ms, share }) => <li key={name}><span>{wordsOf(name)}</span><span class={css.bar} aria-hidden="true"><i style={{ width: `${share * 100}%` }} /></span><span class={css.end}>{duration(ms)}</span></li>)}</ul>
    </>
  );
}

function Artefacts({ run }: { readonly run: Run }) {
  return (
    <section class={css.panel} aria-label="Files that it left">
      <h2>Files that it left</h2>
      {run.artefacts.length === 0
        ? <p class={css.quiet}>None: what lies in ~/Outbox when a run ends is kept.</p>
        : <ul class={css.files}>{run.artefacts.map(({ id, name, size, sha256 }) => <li key={id}><a href={urlOf('GET /api/runs/{id}/artefacts/{artefactId}', { id: run.id, artefactId: id })} download={name}>{name}</a><span class={css.end}>{bytesText(size)}</span><code class={css.hash} title={`SHA-256 ${sha256}`}>{sha256.slice(0, 12)}</code></li>)}</ul>}
    </section>
  );
}

function Approvals({ approvals }: { readonly approvals: readonly Approval[] | null }) {
  return (
    <section class={css.panel} aria-label="What people decided">
      <h2>What people decided</h2>
      {approvals === null && <Skeleton height="2.5rem" label="Loading the decisions" />}
      {approvals?.length === 0 && <p class={css.quiet}>Nothing had to be decided.</p>}
      {approvals !== null && approvals.length > 0 && (
        <ul class={css.decisions}>{approvals.map((approval) => (
          <li key={approval.id} data-state={approval.state}>
            <strong class={css.verdict}>{approval.state === 'pending' ? 'Pending' : `${approval.state === 'approved' ? '✓' : '✕'} ${endWordOf(approval)}`}</strong>
            <span>{wordsOfApproval(approval)}</span>
            <span class={css.quiet}>{[approval.decidedBy === null ? '' : `by ${approval.decidedBy}`, approval.decidedAt === null ? '' : `after ${duration(approval.decidedAt - approval.openedAt)}`, approval.reason === null ? '' : `“${approval.reason}”`].filter((part) => part !== '').join(', ')}</span>
          </li>
        ))}</ul>
      )}
    </section>
  );
}
