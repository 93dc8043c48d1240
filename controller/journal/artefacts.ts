import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VitrineError } from '../errors.ts';
import type { StoredArtefact } from './journal.ts';

/** Writes a file's content under a name of our own, whole or not at all, and says what it holds. */
export async function writeArtefact(folder: string, runId: string, name: string, content: AsyncIterable<Buffer>, maxBytes: number): Promise<StoredArtefact> {
  const id = randomUUID();
  const place = join(folder, runId);
  await mkdir(place, { recursive: true, mode: 0o700 });
  const path = join(place, id);
  const file = await open(`${path}.part`, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of content) {
      size += chunk.length;
      if (size > maxBytes) throw new VitrineError('payload_too_large', `${name} is larger than ${maxBytes} bytes`);
      hash.update(chunk);
      await file.write(chunk);
    }
    await file.datasync();
  } catch (error) {
    await file.close();
    await rm(`${path}.part`, { force: true });
    throw error;
  }
  await file.close();
  await rename(`${path}.part`, path);
  return { id, name, size, sha256: hash.digest('hex'), path };
}
