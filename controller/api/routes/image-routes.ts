import type { DesktopImages } from '../../desktops/desktop-image.ts';
import type { Handlers, RoutesUnder } from '../handler.ts';
import { json } from '../reply.ts';

/** The image that desktops are made from. No request says anything about what is built. */
export function imageRoutes(images: DesktopImages): Handlers<RoutesUnder<'/api/image'>> {
  return {
    async 'GET /api/image'(_request, { signal }) {
      return json(await images.look(signal));
    },
    async 'POST /api/image/build'(_request, { signal }) {
      return json(await images.build(signal));
    },
    async 'POST /api/image/build/cancel'(_request, { signal }) {
      return json(await images.cancel(signal));
    },
  };
}
