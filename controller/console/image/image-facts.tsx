import { useEffect } from 'preact/hooks';
import { desktopImage, watchDesktopImage } from '../state/desktop-image.ts';
import { Skeleton } from '../ui/states.tsx';
import { Moment } from '../ui/time.tsx';
import { ImageWork } from './image-work.tsx';
import css from './image.module.css';

/** Which image desktops are made from, how old it is, and whether it is built from what Vitrine has now. */
export function ImageFacts() {
  useEffect(watchDesktopImage, []);
  const view = desktopImage.value;
  if (view === undefined) return <Skeleton height="5rem" label="Looking at the desktop's image" />;
  const { name, image, cannotBuild } = view;
  return (
    <div class={css.progress}>
      <dl class={css.facts}>
        <div><dt>Name</dt><dd><code>{name}</code></dd></div>
        <div><dt>Built</dt><dd>{image === null ? 'missing: no desktop can be launched' : <Moment at={image.createdAt} />}</dd></div>
        {image !== null && <div><dt>Content</dt><dd><code>{image.id.slice(0, 19)}</code> {image.isCurrent === null ? '' : image.isCurrent ? 'as Vitrine has it' : 'older than what Vitrine has: build it again'}</dd></div>}
        {cannotBuild !== null && <div><dt>Building</dt><dd>{cannotBuild}</dd></div>}
      </dl>
      <ImageWork image={view} buildWords={image === null ? 'Build it' : image.isCurrent === true ? undefined : 'Build it again'} />
    </div>
  );
}
