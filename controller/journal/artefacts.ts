import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { VitrineError } from '../errors.ts';
import { noFailpoint } from '../failpoint.ts';
import type { Failpoint } from '../failpoint.ts';
import type { StoredArtefact } from './journal.ts';
import { makeSyncedFolder, writeSyncedFile } from './synced-file.ts';

/** Where the content of an artefact lies. */
export function artefactPath(folder: string, runId: string, artefactId: string): string {
  return join(folder, runId, artefactId);
}

/** Writes a file's content under a name of our own, whole or not at all, and says what it holds. On disk when this resolves. */
export async function writeArtefact(folder: string, runId: string, name: string, content: AsyncIterable<Buffer>, maxBytes: number, failpoint: Failpoint = noFailpoint): Promise<StoredArtefact> {
  const id = randomUUID();
  await makeSyncedFolder(join(folder, runId));
  const path = artefactPath(folder, runId, id);
  const written = await writeSyncedFile(path, async (file) => {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      if (size > maxBytes) throw new VitrineError('payload_too_large', `${name} is larger than ${maxBytes} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    return { size, sha256: hash.digest('hex') };
  }, (step) => failpoint(`artefact.${step}`));
  return { id, name, path, ...written };
}
