import { useLocation } from 'preact-iso';
import { useEffect, useRef, useState } from 'preact/hooks';
import { pathTo } from '../../../api/console-paths.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { ImageBanner } from '../../image/image-banner.tsx';
import { may } from '../../state/me.ts';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { Empty, Failure } from '../../ui/states.tsx';
import { beginRun } from './begin-run.ts';
import type { StartStage } from './begin-run.ts';
import { choicesOf, draftOf, requestOf, withChoices } from './draft.ts';
import type { Draft, Problems } from './draft.ts';
import { FilesField } from './files-field.tsx';
import { problemOfFiles } from './given-files.ts';
import type { GivenFile } from './given-files.ts';
import { LimitsFields } from './limits-fields.tsx';
import { ModelField } from './model-field.tsx';
import { NetworkFields } from './network-fields.tsx';
import { Progress } from './progress.tsx';
import { ScreenFields } from './screen-fields.tsx';
import { TemplateField } from './template-field.tsx';
import { wordsFor } from './why-not-started.ts';
import css from './start.module.css';

const kept = 'vitrine.start';

/** Where a task is given. `?from=` fills it in like an earlier run. */
export function StartPage() {
  const { query, route } = useLocation();
  const [draft, setDraft] = useState<Draft>(() => withChoices(keptChoices()));
  const [files, setFiles] = useState<readonly GivenFile[]>([]);
  const [problems, setProblems] = useState<Problems>({});
  const [stage, setStage] = useState<StartStage | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const giving = useRef(new AbortController());
  useEffect(() => () => giving.current.abort(), []);
  useEarlier(query['from'], setDraft, setFailure);
  if (!may('runs:create')) return <Empty title="Tasks are given by operators"><p>This token does not have the right <code>runs:create</code>.</p></Empty>;

  const change = (changes: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...changes }));
    setProblems((before) => Object.fromEntries(Object.entries(before).filter(([name]) => !(name in changes))));
  };
  const start = async () => {
    const read = requestOf(draft);
    setFailure(null);
    if ('problems' in read) return setProblems(read.problems);
    if (problemOfFiles(files) !== null) return;
    keepChoices(draft);
    giving.current = new AbortController();
    try {
      const run = await beginRun(read.request, files, setStage, giving.current.signal);
      route(pathTo('run', run.id));
    } catch (reason) {
      const why = ApiFailure.from(reason);
      if (why.code !== 'aborted') setFailure(why);
      setStage(null);
    }
  };
  const fields = { draft, problems, change };
  return (
    <Page title="Start a run" narrow>
      <ImageBanner />
      <form class={css.form} noValidate onSubmit={(event) => { event.preventDefault(); void start(); }}>
        <TextArea label="Task" rows={5} value={draft.task} onValue={(task) => change({ task })} error={problems.task ?? null} hint="What is to be done, in your words. The model sees the desktop and nothing else of you." />
        {may('files:write') && <FilesField files={files} problem={problemOfFiles(files)} stage={stage} onFiles={setFiles} />}
        <Section title="Model and desktop"><ModelField {...fields} /><TemplateField {...fields} /><ScreenFields {...fields} /></Section>
        <Section title="Network"><NetworkFields {...fields} /></Section>
        <Section title="Limits"><LimitsFields {...fields} /></Section>
        {failure !== null && <Failure what={wordsFor(failure)} failure={failure} />}
        {Object.keys(problems).length > 0 && <p class={css.problem} role="alert">Nothing was started: {Object.keys(problems).length === 1 ? 'one field needs' : `${Object.keys(problems).length} fields need`} another value.</p>}
        <div class={css.end}>
          {stage !== null && <Progress stage={stage} />}
          {stage !== null && <Button onClick={() => giving.current.abort()}>Give up</Button>}
          <Button kind="primary" submits busy={stage !== null}>Start the run</Button>
        </div>
      </form>
    </Page>
  );
}

/** Fills the draft in like an earlier run, when it is fetched. */
function useEarlier(id: string | undefined, setDraft: (change: (before: Draft) => Draft) => void, setFailure: (failure: ApiFailure) => void): void {
  useEffect(() => {
    if (id === undefined) return;
    Promise.all([call('GET /api/runs/{id}', { params: { id } }), call('GET /api/runs/{id}/network', { params: { id } })]).then(
      ([run, { policy }]) => setDraft((before) => draftOf(run, policy, before)),
      (reason: unknown) => setFailure(ApiFailure.from(reason)),
    );
  }, [id]);
}

function keptChoices(): string | null {
  try {
    return localStorage.getItem(kept);
  } catch {
    return null; // Storage can be switched off; every draft then begins with the usual choices.
  }
}

function keepChoices(draft: Draft): void {
  try {
    localStorage.setItem(kept, choicesOf(draft));
  } catch {
    // Storage can be switched off; the next draft then begins with the usual choices.
  }
}
