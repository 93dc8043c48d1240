import { render } from 'preact';
import type { Film } from '../film/film.ts';
import { showHidden } from '../ui/show-hidden.ts';
import { ExportPage } from './export-page.tsx';
import { writtenPictures } from './written-pictures.ts';
import '../styles/tokens.css';
import '../styles/base.css';

// The page of one run, as one file (render-replay.ts writes it): the film and its pictures lie in it as data.
const root = document.querySelector('#app');
const film = document.querySelector('#film')?.textContent;
if (root === null || film === undefined || film === null) throw new Error('this page holds no film');
showHidden();
render(<ExportPage film={JSON.parse(film) as Film} pictures={writtenPictures()} />, root);
