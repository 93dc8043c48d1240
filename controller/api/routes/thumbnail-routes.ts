import type { Desktops } from '../../desktops/desktop.ts';
import { foundDesktop } from '../found-desktop.ts';
import type { Handlers } from '../handler.ts';

/** Small pictures for those who watch many desktops. A client that has the latest one already is told so with 304. */
export function thumbnailRoutes(desktops: Desktops): Handlers<'GET /api/desktops/{id}/thumbnail'> {
  return {
    async 'GET /api/desktops/{id}/thumbnail'({ params }, { principal, signal, message }) {
      const { bytes, tag } = await foundDesktop(desktops, params.id, principal).thumbnail(signal);
      const headers = { etag: `"${tag}"`, 'cache-control': 'private, no-cache' };
      if (message.headers['if-none-match'] === headers.etag) return { kind: 'nothing', status: 304, headers };
      return { kind: 'bytes', type: 'image/jpeg', bytes, headers };
    },
  };
}
