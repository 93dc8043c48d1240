import type { AnswerOf } from '../../../api/contract.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { call, urlOf } from '../../api/client.ts';
import type { RunRequest } from './draft.ts';

/** How far a start has come. `sent` and `bytes` count the file that is on its way. */
export type StartStage =
  | { readonly stage: 'launching' }
  | { readonly stage: 'sending'; readonly name: string; readonly index: number; readonly count: number; readonly sent: number; readonly bytes: number }
  | { readonly stage: 'starting' };

/** A launch may build up for as long as the server waits for a desktop. */
const launchMs = 180_000;

/**
 * Gives a task. Files are there before the model looks: a desktop is launched for them, and the run gets that desktop, which is
 * released with it. Whatever fails leaves no desktop behind. Rejects with ApiFailure.
 */
export async function beginRun(request: RunRequest, files: readonly File[], onStage: (stage: StartStage) => void, signal: AbortSignal): Promise<AnswerOf<'POST /api/runs'>> {
  if (files.length === 0) {
    onStage({ stage: 'starting' });
    return call('POST /api/runs', { body: request }, { signal });
  }
  onStage({ stage: 'launching' });
  const { display, ...rest } = request;
  const desktop = await call('POST /api/desktops', { body: { ...(display === undefined ? {} : { display }), ...(rest.template === undefined ? {} : { template: rest.template }) } }, { signal, timeoutMs: launchMs });
  try {
    for (const [index, file] of files.entries()) {
      await sendFile(desktop.id, file, (sent) => onStage({ stage: 'sending', name: file.name, index, count: files.length, sent, bytes: file.size }), signal);
    }
    onStage({ stage: 'starting' });
    return await call('POST /api/runs', { body: { ...rest, desktopId: desktop.id, keepForMs: Math.max(rest.keepForMs ?? 0, 1), instructions: filesNote(files) } }, { signal });
  } catch (reason) {
    await call('DELETE /api/desktops/{id}', { params: { id: desktop.id } }).catch(() => undefined); // It ends by itself when nobody uses it.
    throw explained(ApiFailure.from(reason), rest.template);
  }
}

/** A kind of desktop with rules or a way out of its own is held from its launch on, so that no run can be given it afterwards. */
function explained(failure: ApiFailure, template: string | undefined): ApiFailure {
  if (failure.code !== 'conflict' || template === undefined) return failure;
  return new ApiFailure('conflict', `desktops of the kind ${template} are bound from their launch: start the run without files, and put them in on its page`, { status: failure.status, cause: failure });
}

/** What the model is told about the files. */
export function filesNote(files: readonly Pick<File, 'name'>[]): string {
  return `Files that belong to the task lie in the home folder: ${files.map(({ name }) => name).join(', ')}.`;
}

/** By XMLHttpRequest: fetch tells nothing of what has been sent. */
function sendFile(desktopId: string, file: File, onSent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = new XMLHttpRequest();
  request.open('PUT', urlOf('PUT /api/desktops/{id}/files/{path}', { id: desktopId, path: file.name }));
  request.setRequestHeader('content-type', 'application/octet-stream');
  request.setRequestHeader('x-vitrine', '1');
  request.upload.addEventListener('progress', ({ loaded }) => onSent(loaded));
  request.addEventListener('load', () => {
    if (request.status < 300) resolve();
    else ApiFailure.of(new Response(request.responseText, { status: request.status })).then(reject, reject);
  });
  request.addEventListener('error', () => reject(new ApiFailure('unreachable', `${file.name} could not be sent: Vitrine does not answer`)));
  request.addEventListener('abort', () => reject(new ApiFailure('aborted', 'the start was given up')));
  signal.addEventListener('abort', () => request.abort(), { once: true });
  onSent(0);
  request.send(file);
  return promise;
}
