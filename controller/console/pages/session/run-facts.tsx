import { duration } from '../../../api/plain-words.ts';
import type { Run } from '../../api/answers.ts';
import { bytesText } from '../../ui/format.ts';
import { urlOf } from '../../api/client.ts';
import { Elapsed, Money, Moment } from '../../ui/time.tsx';
import css from './session.module.css';

/** The figures of a run, and the files that outlived its desktop. */
export function RunFacts({ run }: { readonly run: Run }) {
  const { id, model, budgets, steps, turns, usage, costUsd, activeMs, createdAt, artefacts } = run;
  const tokens = usage.inputTokens + usage.outputTokens;
  return (
    <>
      <dl class={css.facts}>
        <div><dt>Run</dt><dd><code>{id}</code></dd></div>
        <div><dt>Model</dt><dd>{model ?? 'a program'}</dd></div>
        <div><dt>Began</dt><dd><Moment at={createdAt} /></dd></div>
        <div><dt>Steps</dt><dd>{steps} of {budgets.maxSteps}</dd></div>
        <div><dt>Turns</dt><dd>{turns}</dd></div>
        <div><dt>Worked</dt><dd>{duration(activeMs)} of {duration(budgets.maxDurationMs)}</dd></div>
        <div><dt>Tokens</dt><dd>{tokens.toLocaleString('en-US')} of {budgets.maxTokens.toLocaleString('en-US')}</dd></div>
        <div><dt>Cost</dt><dd><Money usd={costUsd} />{budgets.maxCostUsd !== undefined && <> of <Money usd={budgets.maxCostUsd} /></>}</dd></div>
      </dl>
      {artefacts.length > 0 && (
        <section class={css.card} aria-label="Files that were kept">
          <h3>Kept files</h3>
          <ul class={css.fileList}>{artefacts.map((artefact) => <li key={artefact.id}><a class={css.file} href={urlOf('GET /api/runs/{id}/artefacts/{artefactId}', { id, artefactId: artefact.id })} download={artefact.name}>{artefact.name}</a><span class={css.size}>{bytesText(artefact.size)}</span></li>)}</ul>
        </section>
      )}
    </>
  );
}

/** The few figures that stand over the picture. */
export function Meters({ run }: { readonly run: Run }) {
  return (
    <dl class={css.meters}>
      <div><dt>Step</dt><dd>{run.steps}<small>/{run.budgets.maxSteps}</small></dd></div>
      <div><dt>Turn</dt><dd>{run.turns}</dd></div>
      <div><dt>Time</dt><dd><Elapsed from={run.startedAt ?? run.createdAt} until={run.endedAt} /></dd></div>
      <div><dt>Cost</dt><dd><Money usd={run.costUsd} /></dd></div>
    </dl>
  );
}
