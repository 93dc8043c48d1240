import { useSignalEffect } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import { wordsOfEffect } from '../../api/plain-words.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { CaptionLine } from '../marks/caption.tsx';
import { effectShapes, marksOf } from '../marks/geometry.ts';
import { useUnit } from '../marks/marked-picture.tsx';
import { MarksOverlay } from '../marks/marks-overlay.tsx';
import type { Shape } from '../marks/shape.ts';
import { Button } from '../ui/button.tsx';
import { FrameShow } from './frame-show.ts';
import type { FrameOfFilm } from './film.ts';
import type { PictureStore } from './picture-store.ts';
import type { Player } from './player.ts';
import css from './film-stage.module.css';

const framesAhead = 8;

/** The screen at the moment on show, with what the action did drawn on it. Its place never changes its size. */
export function FilmStage({ player, pictures }: { readonly player: Player; readonly pictures: PictureStore<ImageBitmap> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const show = useMemo(() => new FrameShow(pictures, (picture: ImageBitmap) => draw(canvas.current, picture)), [pictures]);
  useSignalEffect(() => show.want(player.beat.value?.frameId ?? null, player.framesAhead(framesAhead)));
  const shown = show.shown.value;
  const film = player.film.value;
  const beat = player.beat.value;
  const scene = player.scene.value;
  const display = displayOf(Object.values(film.frames));
  const frame = shown.kind === 'picture' ? film.frames[shown.frameId] : undefined;
  const isCurrent = shown.kind === 'picture' && shown.frameId === beat?.frameId;
  const isPicture = shown.kind === 'picture';
  return (
    <figure class={css.stage} data-tone={scene?.tone} aria-label="Screen" style={{ '--display': `${display.width} / ${display.height}`, '--display-ratio': String(display.width / display.height) }}>
      <canvas ref={canvas} class={css.picture} role="img" aria-label={`The screen: ${scene?.title ?? ''}`} data-frame={isPicture ? shown.frameId : undefined} hidden={!isPicture} />
      {isCurrent && frame !== undefined && player.areMarksShown.value && <Marks player={player} frame={frame} />}
      {shown.kind === 'missing' && <p class={css.words}>{film.run.picturesRemovedAt === undefined ? shown.why : `The pictures of this run were removed on ${new Date(film.run.picturesRemovedAt).toISOString().slice(0, 10)} to make room.`}</p>}
      {shown.kind === 'failed' && <div class={css.words} role="alert"><p>This frame could not be fetched: {ApiFailure.from(shown.reason).message}</p><Button onClick={() => show.want(shown.frameId, [])}>Try again</Button></div>}
      <span class={css.loading} data-on={show.isLoading.value || undefined} aria-hidden="true" />
    </figure>
  );
}

/** What the action of the moment did: where, before; what came of it, after. */
function Marks({ player, frame }: { readonly player: Player; readonly frame: FrameOfFilm }) {
  const box = useRef<HTMLDivElement>(null);
  const scale = useUnit(box, frame.display) ?? 1;
  const scene = player.scene.value;
  const phase = player.beat.value?.phase;
  const unit = scale * (frame.region.width / frame.display.width);
  const marks = scene?.mark && phase === 'before' ? marksOf([scene.mark.action], { display: frame.display, pointer: scene.mark.at, unit }) : [];
  const changed: readonly Shape[] = phase === 'after' && scene?.outcome?.effect.kind === 'changed' ? effectShapes(scene.outcome.effect.region, wordsOfEffect(scene.outcome.effect).replace(/ in .*/, ''), frame.display, unit) : [];
  const captions = marks.flatMap(({ caption }) => caption ?? []);
  return (
    <div ref={box} class={css.marks}>
      <MarksOverlay display={frame.display} region={frame.region} marks={marks} beneath={changed} />
      {captions.length > 0 && <div class={css.strip}>{captions.map((caption, index) => <CaptionLine key={index} caption={caption} />)}</div>}
    </div>
  );
}

function draw(canvas: HTMLCanvasElement | null, picture: ImageBitmap): void {
  if (canvas === null) return;
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
}

function displayOf(frames: readonly FrameOfFilm[]): { readonly width: number; readonly height: number } {
  return frames[0]?.display ?? { width: 1280, height: 800 };
}
