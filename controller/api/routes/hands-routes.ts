import { isUtf8 } from 'node:buffer';
import { limits } from '../../../sandbox-image/wire/index.ts';
import type { Desktop, Desktops } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import type { Redactor } from '../../redactor.ts';
import type { Runs } from '../../runs/runs.ts';
import { attachment } from '../attachment.ts';
import { foundDesktop } from '../found-desktop.ts';
import type { Context, Handlers, RoutesUnder } from '../handler.ts';
import { json } from '../reply.ts';

type Keys = RoutesUnder<'/api/desktops/{id}/files'> | RoutesUnder<'/api/desktops/{id}/clipboard'> | RoutesUnder<'/api/desktops/{id}/programs'>;

/** Files, clipboard and programs of a desktop. */
export function handsRoutes(desktops: Desktops, runs: Pick<Runs, 'control' | 'withSecrets'>, redactor?: Redactor): Handlers<Keys> {
  /** The desktop for whoever may use it now, and a signal that ends the use when control passes to somebody else. */
  const use = (id: string, { principal, lease, signal }: Context): { readonly desktop: Desktop; readonly signal: AbortSignal } =>
    ({ desktop: foundDesktop(desktops, id, principal), signal: runs.control.admit(id, lease, principal, signal) });
  return {
    async 'GET /api/desktops/{id}/files'({ params, query }, context) {
      const { desktop, signal } = use(params.id, context);
      return json(await desktop.listFiles(query, signal));
    },
    async 'GET /api/desktops/{id}/files/{path}'({ params, query: _query }, context) {
      const { desktop, signal } = use(params.id, context);
      const { size, content } = await desktop.readFile(params.path, signal);
      return { kind: 'stream', type: 'application/octet-stream', chunks: content, headers: { 'content-length': String(size), 'content-disposition': attachment(params.path) } };
    },
    async 'PUT /api/desktops/{id}/files/{path}'({ params }, context) {
      const { desktop, signal } = use(params.id, context);
      const { message } = context;
      if (Number(message.headers['content-length'] ?? 0) > limits.maxFileBytes) {
        throw new VitrineError('payload_too_large', `a file may have at most ${limits.maxFileBytes} bytes`, { details: { maxBytes: limits.maxFileBytes } });
      }
      const content = message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
      const { size } = await desktop.writeFile(params.path, content, limits.maxFileBytes, signal);
      return json({ path: params.path, size });
    },
    async 'DELETE /api/desktops/{id}/files/{path}'({ params }, context) {
      const { desktop, signal } = use(params.id, context);
      await desktop.removeFile(params.path, signal);
      return { kind: 'nothing' };
    },
    async 'GET /api/desktops/{id}/clipboard'({ params }, context) {
      const { desktop, signal } = use(params.id, context);
      const text = await desktop.readClipboard(signal);
      return json({ text: redactor?.text(text) ?? text });
    },
    async 'PUT /api/desktops/{id}/clipboard'({ params, body }, context) {
      const { desktop, signal } = use(params.id, context);
      await desktop.writeClipboard(runs.withSecrets(body.text, context.principal), signal);
      return { kind: 'nothing' };
    },
    async 'POST /api/desktops/{id}/programs'({ params, body }, context) {
      const { desktop, signal } = use(params.id, context);
      const { stdout, stderr, ...result } = await desktop.runProgram(body, signal);
      const encoding = isUtf8(stdout) && isUtf8(stderr) ? 'utf8' : 'base64';
      return json({ ...result, stdout: stdout.toString(encoding), stderr: stderr.toString(encoding), encoding });
    },
  };
}
