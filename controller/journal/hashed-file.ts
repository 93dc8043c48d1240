import { createHash } from 'node:crypto';
import { VitrineError } from '../errors.ts';
import { writeSyncedFile } from './synced-file.ts';

export type HashedFile = {
  /** What the file is called where it comes from, for the error. */
  readonly name: string;
  readonly maxBytes: number;
  /** Told of each step of writing it. */
  readonly reached: Parameters<typeof writeSyncedFile>[2];
  /** Called before each chunk is written, with the size so far, that chunk included; what it throws ends the writing. */
  readonly onSize?: (size: number) => void;
};

/** Writes a file as it comes, whole or not at all, and says how long it is and its SHA-256 (hex). On disk when this resolves. Throws `payload_too_large`. */
export function writeHashedFile(path: string, content: AsyncIterable<Uint8Array>, { name, maxBytes, reached, onSize = () => {} }: HashedFile): Promise<{ readonly size: number; readonly sha256: string }> {
  return writeSyncedFile(path, async (file) => {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      if (size > maxBytes) throw new VitrineError('payload_too_large', `${name} is larger than ${maxBytes} bytes`, { details: { maxBytes } });
      onSize(size);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    return { size, sha256: hash.digest('hex') };
  }, reached);
}
