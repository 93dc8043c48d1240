import { useEffect, useRef, useState } from 'preact/hooks';
import { urlOf } from '../../api/client.ts';
import { CaptionLine } from '../../marks/caption.tsx';
import { MarksOverlay } from '../../marks/marks-overlay.tsx';
import { drawingOf } from './entry-shapes.ts';
import { fit } from './fit.ts';
import { LivePicture } from './live-picture.tsx';
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
  /** Whether it has the whole screen. */
  readonly isFull: boolean;
  /** The frame to show where there is no live picture any more. */
  readonly lastFrame: string | null;
  /** The entry whose frame is shown in place of the live picture, and the one that is only pointed at. */
  readonly chosen: Entry | null;
  /** Whether the chosen entry is shown with what came of it. */
  readonly showsAfter: boolean;
  readonly pointed: Entry | null;
  readonly onLeave: () => void;
};

/** The frame to show for an entry; null for one that has none. */
export function frameOf({ before, after }: Entry, showsAfter: boolean): string | null {
  return (showsAfter ? after : null) ?? before ?? after;
}

/** The desktop's picture: live, or the frame of a chosen entry over it, with what was done drawn on it. */
export function Stage({ desktopId, runId, display, isLive, lease, picture, onPicture, onClipboard, isActualSize, isFull, lastFrame, chosen, showsAfter, pointed, onLeave }: StageProps) {
  const room = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const screen = useRef<Screen | null>(null);
  useEffect(() => {
    const element = room.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    setSize({ width: element.clientWidth, height: element.clientHeight });
    return () => observer.disconnect();
  }, []);

  /** The button that was pressed for it took the keys away from the desktop. */
  useEffect(() => {
    if (lease !== null) screen.current?.focus();
  }, [isFull]);

  const fitted = fit(display, size);
  const { width, height, scale } = isActualSize ? { ...display, scale: 1 } : fitted;
  const still = chosen === null || runId === null || lease !== null ? null : frameOf(chosen, showsAfter);
  const drawn = chosen !== null && (still !== null || lease !== null) ? chosen : pointed;
  const drawing = drawn === null || scale === 0 ? null : drawingOf(drawn, display, 1 / scale);
  const caption = drawing?.marks[0]?.caption ?? null;

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
        {drawing !== null && <MarksOverlay display={display} marks={drawing.marks} beneath={drawing.effect} />}
        {caption !== null && <div class={css.caption}><CaptionLine caption={caption} /></div>}
      </div>
      {isLive && still === null && picture.kind === 'lost' && <div class={css.note} role="status"><b>The picture was lost</b><span>{picture.why}; it is opened again.</span></div>}
      {isLive && still === null && picture.kind === 'over' && <div class={css.note} role="alert"><b>No live picture</b><span>{picture.why}</span></div>}
    </div>
  );
}
