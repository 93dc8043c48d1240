import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { marksOf } from './geometry.ts';
import { MarksOverlay } from './marks-overlay.tsx';
import type { Action, Shape, Size, Spot } from './shape.ts';
import css from './marks.module.css';

type PictureProps = {
  /** Where the picture is; null while it is not there. */
  readonly src: string | null;
  readonly alt: string;
  readonly display: Size;
  readonly actions?: readonly Action[];
  /** Where the pointer is before the first action. */
  readonly pointer?: Spot | null;
  readonly chosen?: number | null;
  readonly beneath?: (unit: number) => readonly Shape[];
  /** Over the picture, such as why it is not there. */
  readonly children?: ComponentChildren;
};

/** A frame with actions drawn on it. It has its final size before its picture is there. */
export function MarkedPicture({ src, alt, display, actions = [], pointer = null, chosen = null, beneath, children }: PictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const unit = useUnit(box, display);
  return (
    <div ref={box} class={css.picture} style={{ aspectRatio: `${display.width} / ${display.height}` }}>
      {src !== null && <img class={css.image} src={src} alt={alt} draggable={false} />}
      {unit !== null && src !== null && <MarksOverlay display={display} marks={marksOf(actions, { display, pointer, unit })} beneath={beneath?.(unit)} chosen={chosen} />}
      {children}
    </div>
  );
}

/** How many pixels of the screen one of the page stands for; null until it is laid out. Marks are drawn by it, as large on any picture. */
export function useUnit(box: { readonly current: HTMLElement | null }, display: Size): number | null {
  const [width, setWidth] = useState<number | null>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  return width === null || width === 0 ? null : display.width / width;
}
