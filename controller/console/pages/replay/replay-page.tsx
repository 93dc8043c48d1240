import { useSignal, useSignalEffect } from '@preact/signals';
import { useRoute } from 'preact-iso';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import { consolePaths, pathTo } from '../../../api/console-paths.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { Briefing } from '../../film/briefing.tsx';
import { FilmHead } from '../../film/film-head.tsx';
import { FilmPlayer } from '../../film/film-player.tsx';
import type { Player } from '../../film/player.ts';
import { tell } from '../../state/toasts.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { bytesText } from '../../ui/format.ts';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { exportReplay, exportSize } from './export-replay.ts';
import { useFilm } from './use-film.ts';
import css from './replay-page.module.css';

/** A run as a film: at the moment that the address names, else from the beginning. */
export function ReplayPage() {
  const { params } = useRoute();
  const runId = params['id'] ?? '';
  const { player, failure, pictures, retry } = useFilm(runId);
  if (failure.value !== null) return <Failure what="The film of this run could not be fetched" failure={failure.value} onRetry={retry} />;
  if (player.value === undefined) return <Loading />;
  return <Replay key={runId} player={player.value} pictures={pictures} />;
}

function Loading() {
  return (
    <div class={css.page} aria-busy="true">
      <header class={css.place}><Skeleton height="1.8rem" width="60%" label="Loading the film" /></header>
      <div class={css.places}><Skeleton height="58dvh" /><Skeleton height="58dvh" /></div>
    </div>
  );
}

function Replay({ player, pictures }: { readonly player: Player; readonly pictures: ReturnType<typeof useFilm>['pictures'] }) {
  const link = useSignal<string | null>(null);
  useMoment(player);
  const { run } = player.film.value;
  const copy = useCallback(() => {
    const url = linkTo(player);
    const copied = navigator.clipboard?.writeText(url) ?? Promise.reject(new Error('no clipboard'));
    copied.then(() => tell('done', 'A link to this moment is in the clipboard')).catch(() => { link.value = url; });
  }, [player]);
  return (
    <div class={css.page}>
      <FilmHead run={run} facts={<>{run.endedAt === null && <span>Goes on: this is the film up to now</span>}<a href={pathTo('run', run.id)}>Summary of the run</a></>}>
        <Button onClick={copy} aria-keyshortcuts="l">Copy link</Button>
        <ButtonLink href={`${consolePaths.compare}?left=${encodeURIComponent(run.id)}`}>Compare</ButtonLink>
        <Export player={player} />
      </FilmHead>
      <FilmPlayer player={player} pictures={pictures} onLink={copy}>
        <Briefing player={player} />
      </FilmPlayer>
      {link.value !== null && <Dialog title="A link to this moment" onClose={() => { link.value = null; }}><TextField label="Copy it from here" value={link.value} onValue={() => {}} /></Dialog>}
    </div>
  );
}

/** The page as one file, with how large it will be, and how much of it has come. */
function Export({ player }: { readonly player: Player }) {
  const progress = useSignal<number | null>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);
  const size = exportSize(player.film.value);
  const save = () => {
    progress.value = 0;
    exportReplay(player.film.value.run.id, (bytes) => { progress.value = bytes; }, leaving.current.signal)
      .then(() => tell('done', `Saved: it opens without network or Vitrine, ${bytesText(progress.value ?? 0)}`))
      .catch((reason: unknown) => {
        if (!leaving.current.signal.aborted) tell('failed', `The page could not be saved: ${ApiFailure.from(reason).message}`);
      })
      .finally(() => { progress.value = null; });
  };
  return (
    <Button onClick={save} disabled={progress.value !== null} title="One HTML file that needs nothing else">
      <span class={css.export}>{progress.value === null ? `Export HTML, ${bytesText(size)}` : `${bytesText(progress.value)} of ${bytesText(size)}`}</span>
    </Button>
  );
}

/** The moment in the address: read once, and kept while the film stands still. */
function useMoment(player: Player): void {
  const isRead = useRef(false);
  if (!isRead.current) {
    isRead.current = true;
    player.showMoment(new URLSearchParams(globalThis.location.search).get('at') ?? '');
  }
  useSignalEffect(() => {
    if (player.isPlaying.value || player.position.value < 0) return undefined;
    const timer = setTimeout(() => globalThis.history.replaceState(globalThis.history.state, '', linkTo(player)), 250);
    return () => clearTimeout(timer);
  });
}

function linkTo(player: Player): string {
  const url = new URL(pathTo('replay', player.film.peek().run.id), globalThis.location.origin);
  url.searchParams.set('at', player.moment);
  return url.href;
}
