import { useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { eachPicture } from '../../film/each-picture.ts';
import { Player } from '../../film/player.ts';
import type { PictureStore } from '../../film/picture-store.ts';
import { onRunEvent } from '../../state/live.ts';
import { picturesOfRun } from './film-pictures.ts';

export type FilmOnPage = {
  readonly player: ReadonlySignal<Player | undefined>;
  readonly failure: ReadonlySignal<ApiFailure | null>;
  readonly pictures: PictureStore<ImageBitmap>;
  readonly retry: () => void;
};

/** A run that goes on is looked at again this long after something happened. */
const refreshMs = 1500;
const filmTimeoutMs = 60_000;

/** The film of a run, kept up to date while the run goes on; freed with the page that uses it. */
export function useFilm(runId: string): FilmOnPage {
  const player = useSignal<Player | undefined>(undefined);
  const failure = useSignal<ApiFailure | null>(null);
  const attempt = useSignal(0);
  const pictures = useMemo(() => picturesOfRun(runId), [runId]);
  useEffect(() => () => pictures[Symbol.dispose](), [pictures]);
  useEffect(() => {
    const closing = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = () => {
      timer = undefined;
      call('GET /api/runs/{id}/film', { params: { id: runId } }, { signal: closing.signal, timeoutMs: filmTimeoutMs }).then((film) => {
        failure.value = null;
        if (player.peek()?.film.peek().run.id === runId) player.peek()?.replace(film);
        else player.value = new Player(film, eachPicture);
      }).catch((reason: unknown) => {
        const why = ApiFailure.from(reason);
        if (!closing.signal.aborted && player.peek() === undefined) failure.value = why;
      });
    };
    load();
    const stop = onRunEvent((event) => {
      if (event.runId === runId) timer ??= setTimeout(load, refreshMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
      closing.abort();
      player.peek()?.pause();
      player.value = undefined;
    };
  }, [runId, attempt.value]);
  return { player, failure, pictures, retry: () => { failure.value = null; attempt.value += 1; } };
}
