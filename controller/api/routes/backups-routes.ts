import { attachment } from '../attachment.ts';
import type { Backups } from '../backups.ts';
import type { Handlers } from '../handler.ts';
import { json } from '../reply.ts';

/** Backup and restore. */
export function backupsRoutes(backups: Backups): Handlers<'GET /api/backup' | 'POST /api/restore'> {
  return {
    async 'GET /api/backup'() {
      const name = `vitrine-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.tar`;
      return { kind: 'stream', type: 'application/x-tar', chunks: backups.backUp(), headers: { 'content-disposition': attachment(name) } };
    },
    async 'POST /api/restore'(_request, { message, signal }) {
      return json(await backups.restore(message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>, signal));
    },
  };
}
