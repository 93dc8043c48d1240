import type { IncomingMessage } from 'node:http';
import type { Uploads } from '../../runs/files/uploads.ts';
import type { Handlers, RoutesUnder } from '../handler.ts';
import { json } from '../reply.ts';

/** Files for runs that are to come. */
export function uploadsRoutes(uploads: Uploads): Handlers<RoutesUnder<'/api/uploads'>> {
  return {
    async 'POST /api/uploads'({ query }, { principal, message }) {
      const content = message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
      const upload = await uploads.take(query.name, content, declaredBytes(message), principal);
      return json(upload, { headers: { location: `/api/uploads/${upload.id}` } });
    },
    async 'GET /api/uploads/{id}'({ params }, { principal }) {
      return json(uploads.get(params.id, principal));
    },
    async 'DELETE /api/uploads/{id}'({ params }, { principal }) {
      await uploads.remove(params.id, principal);
      return { kind: 'nothing' };
    },
  };
}

function declaredBytes({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}
