import { useEffect, useRef } from 'preact/hooks';
import { desktopImage, watchDesktopImage } from '../state/desktop-image.ts';
import type { DesktopImage } from '../state/desktop-image.ts';
import { may } from '../state/me.ts';
import { ImageWork } from './image-work.tsx';
import css from './image.module.css';

/** Says that desktops cannot be launched for want of their image, and shows its build. It stays until the page is left, so that nothing moves when the image is there. */
export function ImageBanner() {
  const mayLook = may('desktops:read');
  useEffect(() => (mayLook ? watchDesktopImage() : undefined), [mayLook]);
  const wasShown = useRef(false);
  const image = desktopImage.value;
  if (image === undefined || !mayLook) return null;
  wasShown.current ||= image.image === null;
  if (!wasShown.current) return null;
  return (
    <section class={css.banner} data-state={image.state} aria-labelledby="desktop-image">
      <h2 id="desktop-image">{titleOf(image)}</h2>
      <p>{wordsOf(image)}</p>
      {image.state !== 'present' && <ImageWork image={image} buildWords="Build it" />}
    </section>
  );
}

function titleOf({ state }: DesktopImage): string {
  switch (state) {
    case 'present': return 'The desktop\'s image is there';
    case 'building': return 'The desktop\'s image is being built';
    case 'failed': return 'The desktop\'s image could not be built';
    case 'missing': return 'The desktop\'s image is missing';
  }
}

function wordsOf({ state, name, cannotBuild, build }: DesktopImage): string {
  const whoBuilds = may('image:build') ? 'It can be built here; the first time takes a few minutes.' : 'Whoever administers Vitrine can build it, here or with “vitrine image build”.';
  switch (state) {
    case 'present': return 'Desktops can be launched; what waited for it begins by itself.';
    case 'building': return 'Runs that need a desktop wait until it is there and then begin by themselves. It goes on when this page is left.';
    case 'failed': return cannotBuild ?? `No desktop can be launched without ${name}. ${may('image:build') ? 'What is done already is kept for the next try.' : whoBuilds}`;
    case 'missing': return cannotBuild ?? `${build?.state === 'cancelled' ? 'Its build was cancelled. ' : ''}No desktop can be launched without ${name}. ${whoBuilds}`;
  }
}
