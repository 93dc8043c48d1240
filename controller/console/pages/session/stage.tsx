import { useEffect, useRef, useState } from 'preact/hooks';
import { urlOf } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { CaptionStrip } from './caption-strip.tsx';
import { drawingOf } from './entry-shapes.ts';
import { fit } from './fit.ts';
import { LivePicture } from './live-picture.tsx';
import { MarksLayer } from './marks-layer.tsx';
import type { Screen } from './open-picture.ts';
import type { PictureState } from './picture-link.ts';
import type { Entry } from './timeline-entry.ts';
import css from './picture.module.css';

type Size = { readonly width: number; readonly height: number };

type StageProps = {
  readonly desktopId: string;
  readonly runId: string | null;
  readonly display: Size;
  readonly isLive: boolean;
  readonly lease: string | null;
  readonly picture: PictureState;
  readonly onPicture: (state: PictureState) => void;
  readonly onClipboard: (text: string) => void;
  /** Whether a picture pixel is a page pixel, with bars to scroll. */
  readonly isActualSize: boolean;
  /** The frame to show where there is no live picture any more. */
  readonly lastFrame: string | null;
  /** The entry whose frame is shown in place of the live picture, and the one that is only pointed at. */
  readonly chosen: Entry | null;
  readonly pointed: Entry | null;
  readonly onLeave: () => void;
};

/** The desktop's picture: live, or the frame of a chosen entry over it, with what was done drawn on it. */
export function Stage({ desktopId, runId, display, isLive, lease, picture, onPicture, onClipboard, isActualSize, lastFrame, chosen, pointed, onLeave }: StageProps) {
  const room = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const [showsAfter, setShowsAfter] = useState(false);
  const screen = useRef<Screen | null>(null);
  useEffect(() => {
    const element = room.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    setSize({ width: element.clientWidth, height: element.clientHeight });
    return () => observer.disconnect();
  }, []);
  useEffect(() => setShowsAfter(false), [chosen?.key]);

  const fitted = fit(display, size);
  const { width, height, scale } = isActualSize ? { ...display, scale: 1 } : fitted;
  const still = chosen === null || runId === null || lease !== null ? null : (showsAfter ? chosen.after : null) ?? chosen.before ?? chosen.after;
  const drawn = chosen !== null && (still !== null || lease !== null) ? chosen : pointed;
  const drawing = drawn === null || scale === 0 ? null : drawingOf(drawn, display, 1 / scale);

  /** The one chord that a person in control does not send to the desktop. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (lease === null || !event.ctrlKey || !event.altKey || event.code !== 'KeyQ') return;
    event.preventDefault();
    event.stopPropagation();
    screen.current?.releaseModifiers();
    onLeave();
  };
  return (
    <div ref={room} class={css.stage} onKeyDownCapture={onKeyDown}>
      <div class={css.sheet} style={{ width: `${width}px`, height: `${height}px` }}>
        {isLive && <img class={css.still} src={urlOf('GET /api/desktops/{id}/thumbnail', { id: desktopId })} alt="" />}
        {lastFrame !== null && runId !== null && <img class={css.still} src={urlOf('GET /api/runs/{id}/frames/{frameId}', { id: runId, frameId: lastFrame })} alt="The screen as it was seen last" />}
        {isLive && (
          <LivePicture
            desktopId={desktopId} lease={lease} onState={onPicture} onClipboard={onClipboard}
            onScreen={(next) => {
              screen.current = next;
              if (lease !== null) next?.focus();
            }}
          />
        )}
        {still !== null && runId !== null && <img class={css.still} data-frame={still} src={urlOf('GET /api/runs/{id}/frames/{frameId}', { id: runId, frameId: still })} alt={`The screen ${showsAfter ? 'after' : 'before'}: ${chosen?.title}`} />}
        {drawing !== null && drawing.shapes.length > 0 && <MarksLayer display={display} shapes={drawing.shapes} label={drawn?.title ?? ''} />}
        {drawing !== null && drawing.caption !== null && <div class={css.caption}><CaptionStrip caption={drawing.caption} /></div>}
      </div>
      {chosen !== null && still !== null && (
        <div class={css.note} role="status">
          <b>Recorded frame</b><span>{new Date(chosen.at).toLocaleTimeString('en-GB')}, {showsAfter && chosen.after !== null ? 'after' : 'before'}: {chosen.title}</span>
          <span class={css.spread} />
          {chosen.after !== null && chosen.after !== chosen.before && <Button size="small" onClick={() => setShowsAfter(!showsAfter)}>{showsAfter ? 'Show before' : 'Show after'}</Button>}
          <Button size="small" kind="primary" onClick={onLeave}>{isLive ? 'Back to live' : 'Close'}</Button>
        </div>
      )}
      {isLive && still === null && picture.kind === 'lost' && <div class={`${css.note} ${css.lost}`} role="status"><b>The picture was lost</b><span>{picture.why}; it is opened again.</span></div>}
      {isLive && still === null && picture.kind === 'over' && <div class={`${css.note} ${css.lost}`} role="alert"><b>No live picture</b><span>{picture.why}</span></div>}
    </div>
  );
}
