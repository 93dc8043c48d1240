import type { IncomingMessage } from 'node:http';
import { VitrineError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** What is said of a message that is too long, and of one that is no JSON. */
export type Refusals = { readonly maxBytes: number; readonly tooLong: readonly [ErrorCode, string]; readonly noJson: readonly [ErrorCode, string] };

/** The JSON that a message between controller and launcher holds. Throws VitrineError as `refusals` say. */
export async function readJson(message: IncomingMessage, { maxBytes, tooLong, noJson }: Refusals): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new VitrineError(...tooLong);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new VitrineError(...noJson, { cause });
  }
}
