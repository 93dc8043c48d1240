import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { noFailpoint } from '../failpoint.ts';
import type { Failpoint } from '../failpoint.ts';
import { writeHashedFile } from './hashed-file.ts';
import type { StoredArtefact } from './journal.ts';
import { makeSyncedFolder } from './synced-file.ts';

/** Where the content of an artefact lies. */
export function artefactPath(folder: string, runId: string, artefactId: string): string {
  return join(folder, runId, artefactId);
}

/** Writes a file's content under a name of our own, whole or not at all, and says what it holds. On disk when this resolves. */
export async function writeArtefact(folder: string, runId: string, name: string, content: AsyncIterable<Buffer>, maxBytes: number, failpoint: Failpoint = noFailpoint): Promise<StoredArtefact> {
  const id = randomUUID();
  await makeSyncedFolder(join(folder, runId));
  const path = artefactPath(folder, runId, id);
  const written = await writeHashedFile(path, content, { name, maxBytes, reached: (step) => failpoint(`artefact.${step}`) });
  return { id, name, path, ...written };
}
