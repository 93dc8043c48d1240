import { ApiFailure } from '../../api/api-failure.ts';
import { request } from '../../api/client.ts';
import { PictureStore } from '../../film/picture-store.ts';

/** The frames of a run, decoded off the page's own thread; whoever makes it disposes it. */
export function picturesOfRun(runId: string): PictureStore<ImageBitmap> {
  return new PictureStore<ImageBitmap>({
    async load(frameId, signal) {
      try {
        const response = await request('GET /api/runs/{id}/frames/{frameId}', { params: { id: runId, frameId } }, { signal });
        return { picture: await createImageBitmap(await response.blob()) };
      } catch (reason) {
        const failure = ApiFailure.from(reason);
        if (failure.code === 'not_found') return { missing: 'The frame of this moment was not kept.' };
        if (failure.code === 'gone') return { missing: failure.message };
        throw failure;
      }
    },
    close: (picture) => picture.close(),
  });
}
