import { isUtf8 } from 'node:buffer';
import { limits } from '../../../sandbox-image/wire/index.ts';
import type { Desktops } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import { attachment } from '../attachment.ts';
import { foundDesktop } from '../found-desktop.ts';
import type { Handlers, RoutesUnder } from '../handler.ts';
import { json } from '../reply.ts';

type Keys = RoutesUnder<'/api/desktops/{id}/files'> | RoutesUnder<'/api/desktops/{id}/clipboard'> | RoutesUnder<'/api/desktops/{id}/programs'>;

/** Files, clipboard and programs of a desktop. */
export function handsRoutes(desktops: Desktops): Handlers<Keys> {
  return {
    async 'GET /api/desktops/{id}/files'({ params, query }, { principal, signal }) {
      return json(await foundDesktop(desktops, params.id, principal).listFiles(query, signal));
    },
    async 'GET /api/desktops/{id}/files/{path}'({ params, query: _query }, { principal, signal }) {
      const { size, content } = await foundDesktop(desktops, params.id, principal).readFile(params.path, signal);
      return { kind: 'stream', type: 'application/octet-stream', chunks: content, headers: { 'content-length': String(size), 'content-disposition': attachment(params.path) } };
    },
    async 'PUT /api/desktops/{id}/files/{path}'({ params }, { principal, signal, message }) {
      const desktop = foundDesktop(desktops, params.id, principal);
      if (Number(message.headers['content-length'] ?? 0) > limits.maxFileBytes) {
        throw new VitrineError('payload_too_large', `a file may have at most ${limits.maxFileBytes} bytes`, { details: { maxBytes: limits.maxFileBytes } });
      }
      const content = message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
      const { size } = await desktop.writeFile(params.path, content, limits.maxFileBytes, signal);
      return json({ path: params.path, size });
    },
    async 'DELETE /api/desktops/{id}/files/{path}'({ params }, { principal, signal }) {
      await foundDesktop(desktops, params.id, principal).removeFile(params.path, signal);
      return { kind: 'nothing' };
    },
    async 'GET /api/desktops/{id}/clipboard'({ params }, { principal, signal }) {
      return json({ text: await foundDesktop(desktops, params.id, principal).readClipboard(signal) });
    },
    async 'PUT /api/desktops/{id}/clipboard'({ params, body }, { principal, signal }) {
      await foundDesktop(desktops, params.id, principal).writeClipboard(body.text, signal);
      return { kind: 'nothing' };
    },
    async 'POST /api/desktops/{id}/programs'({ params, body }, { principal, signal }) {
      const { stdout, stderr, ...result } = await foundDesktop(desktops, params.id, principal).runProgram(body, signal);
      const encoding = isUtf8(stdout) && isUtf8(stderr) ? 'utf8' : 'base64';
      return json({ ...result, stdout: stdout.toString(encoding), stderr: stderr.toString(encoding), encoding });
    },
  };
}
