import { useEffect, useRef, useState } from 'preact/hooks';
import type { DesktopView } from '../../api/answers.ts';
import { request } from '../../api/client.ts';
import { createPictureQueue } from './picture-queue.ts';
import css from './sessions.module.css';

const stagesOfLaunch = 5;

const pictures = createPictureQueue<ImageBitmap>({
  fetch: async (id, tag) => {
    const response = await request('GET /api/desktops/{id}/thumbnail', { params: { id } }, { timeoutMs: 10_000, ...(tag === null ? {} : { headers: { 'if-none-match': tag } }) });
    if (response.status === 304) return null;
    return { tag: response.headers.get('etag'), picture: await createImageBitmap(await response.blob()) };
  },
});
document.addEventListener('visibilitychange', () => pictures.pause(document.hidden));

const seen = new WeakMap<Element, (isSeen: boolean) => void>();
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) seen.get(target)?.(isIntersecting);
}, { rootMargin: '100px' });

/** The screen of a desktop as a small picture, about one a second while it can be seen; before there is one, how far its launch is. */
export function Thumbnail({ desktop }: { readonly desktop: DesktopView }) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isThere, setThere] = useState(false);
  const { id, state, display } = desktop;
  useEffect(() => {
    const element = frame.current;
    if (element === null || state !== 'ready') return;
    let stop = () => {};
    seen.set(element, (isSeen) => {
      stop();
      stop = isSeen ? pictures.watch(id, (picture) => { draw(canvas.current, picture); setThere(true); }) : () => {};
    });
    sight.observe(element);
    return () => {
      sight.unobserve(element);
      stop();
    };
  }, [id, state]);
  return (
    <div ref={frame} class={css.screen}>
      <canvas ref={canvas} class={css.picture} width={display.width} height={display.height} hidden={!isThere} role="img" aria-label={`Screen of ${id}`} />
      {!isThere && <Launch desktop={desktop} />}
    </div>
  );
}

function Launch({ desktop: { state, stages, reason } }: { readonly desktop: DesktopView }) {
  if (state === 'launching') {
    const reached = stages.at(-1)?.stage;
    return (
      <div class={css.launch}>
        <progress max={stagesOfLaunch} value={stages.length} aria-label="Launch of the desktop" />
        <span>{reached === undefined ? 'Making the container' : `${reached.replaceAll('-', ' ')} is up, ${stages.length} of ${stagesOfLaunch}`}</span>
      </div>
    );
  }
  return <div class={css.launch}>{state === 'ready' ? 'Fetching the picture' : (reason ?? state)}</div>;
}

function draw(canvas: HTMLCanvasElement | null, picture: ImageBitmap): void {
  if (canvas === null) return;
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
}
