import { useMemo } from 'preact/hooks';
import { eachPicture } from '../film/each-picture.ts';
import { Briefing } from '../film/briefing.tsx';
import { FilmHead } from '../film/film-head.tsx';
import { FilmPlayer } from '../film/film-player.tsx';
import type { Film } from '../film/film.ts';
import type { PictureStore } from '../film/picture-store.ts';
import { Player } from '../film/player.ts';
import { tell } from '../state/toasts.ts';
import { Toasts } from '../ui/toasts.tsx';
import css from './export-page.module.css';

/** A run as a film, in a page that needs nothing but itself; `#214` in its address begins at that moment. */
export function ExportPage({ film, pictures }: { readonly film: Film; readonly pictures: PictureStore<ImageBitmap> }) {
  const player = useMemo(() => {
    const made = new Player(film, eachPicture);
    made.showMoment(location.hash.slice(1));
    return made;
  }, [film]);
  const name = () => {
    location.hash = player.moment;
    tell('done', 'The address of this page names this moment');
  };
  return (
    <main class={css.page}>
      <FilmHead run={film.run}>
        <p class={css.made}>Vitrine, {new Date(film.run.createdAt).toLocaleString('en-GB')}</p>
      </FilmHead>
      <FilmPlayer player={player} pictures={pictures} onLink={name}><Briefing player={player} /></FilmPlayer>
      <Toasts />
    </main>
  );
}
