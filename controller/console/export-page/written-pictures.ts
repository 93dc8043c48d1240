import { PictureStore } from '../film/picture-store.ts';

/** The pictures that are written into the page, decoded as they are needed. */
export function writtenPictures(): PictureStore<ImageBitmap> {
  const written = new Map([...document.querySelectorAll<HTMLScriptElement>('script[data-frame]')].map((script) => [script.dataset['frame'], script]));
  return new PictureStore<ImageBitmap>({
    async load(frameId) {
      const script = written.get(frameId);
      if (script === undefined) return { missing: 'The frame of this moment was not kept.' };
      const bytes = Uint8Array.from(atob(script.textContent ?? ''), (character) => character.charCodeAt(0));
      return { picture: await createImageBitmap(new Blob([bytes], { type: `image/${script.dataset['format']}` })) };
    },
    close: (picture) => picture.close(),
  });
}
