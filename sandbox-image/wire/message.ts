import { z } from 'zod';
import { limits } from './limits.ts';
import { WireError, WireErrorCode } from './wire-error.ts';

/**
 * One WebSocket message, always binary: a 4-byte big-endian length, that many bytes of JSON (the header), then the
 * body: raw bytes (a picture, a chunk of a file) or nothing. No base64, no second message that belongs to a first.
 */
export type Message<Header> = { readonly header: Header; readonly body: Uint8Array };

/** From controller to desktop. */
export const Request = z.strictObject({
  id: z.int().min(1).max(2 ** 32),
  method: z.string().min(1).max(64),
  params: z.unknown(),
});
export type Request = z.infer<typeof Request>;

/** From controller to desktop: stop what request `cancel` began, at the next safe point. It is still answered. */
export const Cancel = z.strictObject({ cancel: z.int().min(1) });
export type Cancel = z.infer<typeof Cancel>;

/** From desktop to controller: the answer to one outstanding request. */
export const Response = z.union([
  z.strictObject({ id: z.int().min(1), result: z.unknown() }),
  z.strictObject({ id: z.int().min(1), error: z.strictObject({ code: WireErrorCode, message: z.string().max(4096) }) }),
]);
export type Response = z.infer<typeof Response>;

/** From desktop to controller, unasked. There is no notice by which a desktop could decide, approve or take control. */
export const Notice = z.discriminatedUnion('notice', [
  z.strictObject({ notice: z.literal('broken'), reason: z.string().max(2000) }),
  z.strictObject({ notice: z.literal('ending'), reason: z.string().max(2000) }),
]);
export type Notice = z.infer<typeof Notice>;

const noBody = new Uint8Array(0);

/** Writes a message. Throws WireError `limit_exceeded` if it is larger than the wire allows. */
export function encodeMessage(header: unknown, body: Uint8Array = noBody): Buffer {
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  if (json.length > limits.maxHeaderBytes) throw new WireError('limit_exceeded', `message header of ${json.length} bytes; the limit is ${limits.maxHeaderBytes}`);
  const total = 4 + json.length + body.length;
  if (total > limits.maxMessageBytes) throw new WireError('limit_exceeded', `message of ${total} bytes; the limit is ${limits.maxMessageBytes}`);
  const bytes = Buffer.allocUnsafe(total);
  bytes.writeUInt32BE(json.length, 0);
  json.copy(bytes, 4);
  bytes.set(body, 4 + json.length);
  return bytes;
}

/** Reads a message; `header` is any JSON value, to be parsed by its schema. Throws WireError `invalid_request` or `limit_exceeded`. */
export function decodeMessage(bytes: Buffer): Message<unknown> {
  if (bytes.length < 4) throw new WireError('invalid_request', `message of ${bytes.length} bytes has no header`);
  if (bytes.length > limits.maxMessageBytes) throw new WireError('limit_exceeded', `message of ${bytes.length} bytes; the limit is ${limits.maxMessageBytes}`);
  const length = bytes.readUInt32BE(0);
  if (length > limits.maxHeaderBytes) throw new WireError('limit_exceeded', `message header of ${length} bytes; the limit is ${limits.maxHeaderBytes}`);
  if (length > bytes.length - 4) throw new WireError('invalid_request', `message header of ${length} bytes in a message of ${bytes.length}`);
  try {
    return { header: JSON.parse(bytes.toString('utf8', 4, 4 + length)), body: bytes.subarray(4 + length) };
  } catch (cause) {
    throw new WireError('invalid_request', 'message header is not JSON', { cause });
  }
}
