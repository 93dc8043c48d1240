import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestHandler, Response } from 'express';
import { consolePageAt } from './console-paths.ts';
import { consoleHeaders } from './security-headers.ts';

type Kept = { readonly type: string; readonly bytes: Buffer; readonly tag: string; readonly isHashed: boolean };
type Built = { readonly builtAt: number; readonly page: Kept; readonly files: ReadonlyMap<string, Kept> };

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  json: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
  woff2: 'font/woff2',
};

const yearSeconds = 31_536_000;

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Vitrine</title>
<h1>The console is not built</h1>
<p>The API answers. For the console run <code>npm run console:build</code> (or <code>npm run setup</code>, which does it too) beside this controller, and load this page again.</p></html>
`;

/**
 * Serves the built console from `folder`: its files by their exact names, and its page wherever the console has one. Only
 * what lies there when it is read is ever sent: a path is looked up, never joined. Everything else is left to who comes next.
 */
export function createConsoleFiles(folder: string): RequestHandler {
  let built: Built | undefined;
  const current = (): Built | undefined => {
    const builtAt = statSync(join(folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs;
    if (builtAt === undefined) return undefined;
    if (built?.builtAt !== builtAt) built = readBuilt(folder, builtAt);
    return built;
  };
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    if (request.path.startsWith('/assets/')) {
      const file = current()?.files.get(request.path);
      if (file === undefined) return refuse(response, `there is no such file of the console: ${request.path.slice(0, 200)}`);
      return sendFile(request.headers['if-none-match'], response, file);
    }
    const named = current()?.files.get(request.path);
    if (named !== undefined) return sendFile(request.headers['if-none-match'], response, named);
    if (consolePageAt(request.path) === undefined || request.accepts(['json', 'html']) !== 'html') return next();
    const page = current()?.page;
    if (page === undefined) {
      response.status(503).set(consoleHeaders).type('html').send(notBuilt);
      return;
    }
    return sendFile(request.headers['if-none-match'], response, page);
  };
}

function readBuilt(folder: string, builtAt: number): Built {
  const names = globSync('**/*', { cwd: folder }).filter((name) => !/(^|\/)\./.test(name) && statSync(join(folder, name)).isFile());
  const files = new Map(names.filter((name) => name !== 'index.html').map((name) => [`/${name}`, kept(folder, name)]));
  return { builtAt, page: kept(folder, 'index.html'), files };
}

function kept(folder: string, name: string): Kept {
  const bytes = readFileSync(join(folder, name));
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { bytes, tag, type: types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream', isHashed: name.startsWith('assets/') };
}

/** What has its content's hash in its name never changes; all else is asked about each time. */
function sendFile(known: string | undefined, response: Response, { bytes, tag, type, isHashed }: Kept): void {
  response.set({ ...consoleHeaders, 'cache-control': isHashed ? `public, max-age=${yearSeconds}, immutable` : 'no-cache', etag: tag });
  if (known === tag) {
    response.status(304).end();
    return;
  }
  response.status(200).set('content-type', type).set('content-length', String(bytes.byteLength));
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

function refuse(response: Response, message: string): void {
  response.status(404).json({ error: { code: 'not_found', message } });
}
