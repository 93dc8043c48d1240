import { useState } from 'preact/hooks';
import { wordsOfBuildStep } from '../../api/plain-words.ts';
import { changeImage } from '../state/desktop-image.ts';
import type { DesktopImage, ImageBuild } from '../state/desktop-image.ts';
import { may } from '../state/me.ts';
import { Button } from '../ui/button.tsx';
import { Elapsed } from '../ui/time.tsx';
import css from './image.module.css';

/** How far the build is, or why it failed, with its output; and what can be done about it. */
export function ImageWork({ image, buildWords }: { readonly image: DesktopImage; /** What the button says that begins a build; none if absent. */ readonly buildWords?: string | undefined }) {
  const { build } = image;
  return (
    <>
      {build !== null && build.state === 'building' && <Progress build={build} />}
      {build !== null && build.state === 'failed' && <p class={css.why}>{build.failure}</p>}
      {build !== null && build.lines.length > 0 && build.state !== 'built' && <Log build={build} isOpen={build.state === 'failed'} />}
      {may('image:build') && <Deeds image={image} buildWords={buildWords} />}
    </>
  );
}

function Progress({ build }: { readonly build: ImageBuild }) {
  const number = `Step ${Math.min(build.done + 1, Math.max(1, build.total))} of ${build.total === 0 ? '…' : build.total}`;
  const words = wordsOfBuildStep(build.step);
  return (
    <div class={css.progress}>
      <progress class={css.bar} aria-label="Build of the desktop's image" aria-valuetext={`${number}: ${words}`} max={Math.max(1, build.total)} value={build.done} />
      <p class={css.step}><span role="status">{number}: {words}</span><span class={css.clock}><Elapsed from={build.startedAt} /></span></p>
    </div>
  );
}

function Log({ build, isOpen }: { readonly build: ImageBuild; readonly isOpen: boolean }) {
  return (
    <details class={css.log} open={isOpen}>
      <summary>{isOpen ? 'The end of its output' : 'Output'}</summary>
      <pre tabIndex={0} aria-label="Output of the build">{build.lines.slice(isOpen ? -12 : -200).join('\n')}</pre>
    </details>
  );
}

function Deeds({ image, buildWords }: { readonly image: DesktopImage; readonly buildWords?: string | undefined }) {
  const [isBusy, setBusy] = useState(false);
  const act = (deed: 'build' | 'cancel') => {
    setBusy(true);
    void changeImage(deed).finally(() => setBusy(false));
  };
  if (image.state === 'building') return <p><Button busy={isBusy} onClick={() => act('cancel')}>Cancel the build</Button></p>;
  if (image.cannotBuild !== null || buildWords === undefined) return null;
  return <p><Button kind="primary" busy={isBusy} onClick={() => act('build')}>{image.build?.state === 'failed' ? 'Try again' : buildWords}</Button></p>;
}
