import type { AnswerOf } from '../../../api/contract.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { nameOf } from '../session/file-paths.ts';
import type { RunRequest } from './draft.ts';
import type { GivenFile } from './given-files.ts';
import { sendFile } from './send-file.ts';

/** How far a start has come: bytes sent of each file by its path, those before the present one whole; then the run is begun. */
export type StartStage = { readonly stage: 'sending'; readonly index: number; readonly count: number; readonly sent: Readonly<Record<string, number>> } | { readonly stage: 'starting' };

/** Gives a task. Its files are sent first; they lie in the desktop before the model looks. Whatever fails leaves none of them behind. Rejects with ApiFailure. */
export async function beginRun(request: RunRequest, files: readonly GivenFile[], onStage: (stage: StartStage) => void, signal: AbortSignal): Promise<AnswerOf<'POST /api/runs'>> {
  const uploads: { upload: string; path: string }[] = [];
  const sent: Record<string, number> = {};
  try {
    for (const [index, { file, path }] of files.entries()) {
      const { id } = await sendFile(file, nameOf(path), (bytes) => {
        sent[path] = bytes;
        onStage({ stage: 'sending', index, count: files.length, sent: { ...sent } });
      }, signal);
      sent[path] = file.size;
      uploads.push({ upload: id, path });
    }
    onStage({ stage: 'starting' });
    return await call('POST /api/runs', { body: { ...request, ...(uploads.length === 0 ? {} : { files: uploads }) } }, { signal });
  } catch (reason) {
    for (const { upload } of uploads) void call('DELETE /api/uploads/{id}', { params: { id: upload } }).catch(() => undefined); // It goes by itself within the hour.
    throw ApiFailure.from(reason);
  }
}
