import type { IncomingMessage } from 'node:http';
import { VitrineError } from '../errors.ts';

/** Largest JSON body, in bytes, unless the reader says otherwise. */
export const maxBodyBytes = 256 * 1024;
const maxDepth = 64;
const readDeadlineMs = 30_000;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The JSON body of a request; undefined if it has none. Throws `unsupported_media_type`, `payload_too_large`,
 * `deadline_exceeded` (not sent within 30 s), or `invalid_request` for what is no well-formed JSON text: broken, not
 * UTF-8, nested deeper than 64, with NUL or lone surrogates in its strings, or with a key that names a prototype.
 */
export async function readJsonBody(request: IncomingMessage, signal: AbortSignal, maxBytes: number = maxBodyBytes): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes, signal);
  if (bytes.length === 0) return undefined;
  refuseContentEncoding(request);
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) throw new VitrineError('unsupported_media_type', 'send the body as application/json in UTF-8');
  const value = parse(bytes);
  inspect(value);
  return value;
}

/** Throws `unsupported_media_type` for a compressed body. */
export function refuseContentEncoding(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw new VitrineError('unsupported_media_type', 'send the body without Content-Encoding');
}

async function readBytes(request: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const tooLarge = () => new VitrineError('payload_too_large', `the body is larger than ${maxBytes} bytes`, { details: { maxBytes } });
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(readDeadlineMs)]);
  const stop = () => request.destroy(new VitrineError('deadline_exceeded', `the body was not sent within ${readDeadlineMs} ms`));
  deadline.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk as Buffer);
    }
  } finally {
    deadline.removeEventListener('abort', stop);
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new VitrineError('invalid_request', 'the body is not valid JSON in UTF-8', { cause });
  }
}

/** Walks a parsed value without recursion, so that depth cannot exhaust the stack. */
function inspect(root: unknown): void {
  const left: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string') inspectText(value);
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= maxDepth) throw new VitrineError('invalid_request', `the body is nested deeper than ${maxDepth}`);
    for (const [key, child] of Object.entries(value)) {
      if (forbiddenKeys.has(key)) throw new VitrineError('invalid_request', `the key ${key} is not allowed in the body`);
      inspectText(key);
      left.push({ value: child, depth: depth + 1 });
    }
  }
}

function inspectText(text: string): void {
  if (text.includes('\0')) throw new VitrineError('invalid_request', 'the body has a NUL character in a string');
  if (!text.isWellFormed()) throw new VitrineError('invalid_request', 'the body has half of a surrogate pair in a string');
}
