import type { ComponentChildren } from 'preact';
import { Button } from '../../ui/button.tsx';
import { Countdown } from '../../ui/time.tsx';
import { leaseWarnMs } from './held-lease.ts';
import type { PictureState } from './picture-link.ts';
import type { FullScreen } from './use-full-screen.ts';
import type { Hand } from './who-controls.ts';
import css from './picture.module.css';

/** A sign for each, so that none is told by its colour alone. Drawn on 16 by 16. */
const signs: Readonly<Record<Hand['kind'], string>> = {
  agent: 'M3 4h10v8H3Zm2.500 2.500v2h1.500v-2Zm3.500 0v2h1.500v-2ZM7.250 1h1.500v2h-1.500Z',
  asks: 'M8 1.200 15.400 14.400H.6Z M7.200 6v4h1.600V6Z M7.200 11.200v1.600h1.600v-1.600Z',
  paused: 'M3.500 2.500h3v11h-3Zm6 0h3v11h-3Z',
  you: 'M8 1a3.400 3.400 0 1 1 0 6.800A3.400 3.400 0 0 1 8 1ZM1.600 15c.2-3.800 2.900-6 6.400-6s6.200 2.200 6.400 6Z',
  other: 'M8 1a3.400 3.400 0 1 1 0 6.800A3.400 3.400 0 0 1 8 1ZM1.600 15c.2-3.800 2.900-6 6.400-6s6.200 2.200 6.400 6Z',
  nobody: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Zm0 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z',
  over: 'M3 3h10v10H3Z',
};

const lightWords: Readonly<Record<PictureState['kind'], string>> = { connecting: 'connecting', live: 'live', lost: 'lost', over: 'not live' };

type PictureFrameProps = {
  readonly hand: Hand;
  /** How the live picture stands; null where there is none to be had. */
  readonly picture: PictureState | null;
  readonly frameRef: { current: HTMLDivElement | null };
  readonly full: FullScreen;
  /** What would come of letting go here; null while nothing is dragged over the page. */
  readonly dropWords: string | null;
  /** In the plate, where the light of the live picture is otherwise. */
  readonly aside: ComponentChildren;
  readonly children: ComponentChildren;
};

/** What stands around the picture: who is in control, in words, colour and shape, and whether the picture is live. */
export function PictureFrame({ hand, picture, frameRef, full, dropWords, aside, children }: PictureFrameProps) {
  return (
    <div ref={frameRef} class={css.frame} data-hand={hand.kind} data-full={full.isFull || undefined} role="region" aria-label="Desktop" tabIndex={-1}>
      <div class={css.plate}>
        <svg class={css.sign} viewBox="0 0 16 16" aria-hidden="true"><path d={signs[hand.kind]} fill="currentcolor" fill-rule="evenodd" /></svg>
        <span class={css.words} role="status">{hand.words}</span>
        {'until' in hand && <span class={css.left}><Countdown until={hand.until} soonMs={leaseWarnMs} /></span>}
        <span class={css.spread} />
        {aside}
        {(aside === null || aside === undefined) && picture !== null && <span class={css.light} data-kind={picture.kind}><span class={css.dot} />{lightWords[picture.kind]}</span>}
        {full.isFull && <Button size="small" onClick={full.toggle}>Leave full screen</Button>}
      </div>
      {children}
      {dropWords !== null && <div class={css.drop}>{dropWords}</div>}
    </div>
  );
}
