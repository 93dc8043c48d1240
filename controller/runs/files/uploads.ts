import { limits } from '../../../sandbox-image/wire/index.ts';
import { VitrineError } from '../../errors.ts';
import type { Journal, StoredFact } from '../../journal/journal.ts';
import type { StoredUpload } from '../../journal/upload-table.ts';
import type { Logger } from '../../log.ts';
import type { Principal } from '../runs.ts';
import type { Step } from '../chart/step-run.ts';
import { filesOf, maxRunFilesBytes, uploadLifeMs } from './upload.ts';
import type { RunFile, Upload } from './upload.ts';

/** How much one token may have waiting for runs, what is on its way included. */
const maxWaiting = 64;
const maxWaitingBytes = 4 * limits.maxFileBytes;

/** Files for runs that are to come. What another token sent is `not_found`, and so is what has expired. */
export interface Uploads {
  /**
   * Takes a file in, whole or not at all, as it comes. `declaredBytes` is how long it says it is. Throws `payload_too_large`,
   * `too_many_requests` (that much waits already), `unavailable` (no room on the disk, draining).
   */
  take(name: string, content: AsyncIterable<Uint8Array>, declaredBytes: number | undefined, by: Principal): Promise<Upload>;
  get(id: string, by: Principal): Upload;
  /** Throws `conflict` for one that a run has. */
  remove(id: string, by: Principal): Promise<void>;
}

/** Uploads over a journal, with what the runs need of them. */
export type RunUploads = Uploads & {
  /** Throws `not_found`, `conflict` or `payload_too_large` for files that a new run cannot have. */
  readonly check: (files: readonly RunFile[], by: Principal) => void;
  /** Told of every commit: removes what its run does not put in again. */
  readonly committed: (step: Step) => void;
};

export type UploadsOptions = { readonly journal: Journal; readonly log: Logger; readonly now: () => number; /** Throws while nothing new may begin. */ readonly refuseNew: () => void };

/** Takes files in for runs. */
export function createUploads({ journal, log, now, refuseNew }: UploadsOptions): RunUploads {
  /** How much of whom is on its way. */
  const coming = new Map<string, { count: number; bytes: number }>();
  const found = (id: string, by: Principal): StoredUpload => {
    const upload = journal.upload(id);
    if (upload === undefined || upload.project !== by.project || upload.owner !== by.name || (upload.runId === null && upload.expiresAt <= now())) throw new VitrineError('not_found', `there is no upload ${JSON.stringify(id)}: an upload waits ${uploadLifeMs / 60_000} minutes for its run`);
    return upload;
  };

  return {
    async take(name, content, declaredBytes, by) {
      refuseNew();
      if (declaredBytes !== undefined && declaredBytes > limits.maxFileBytes) throw new VitrineError('payload_too_large', `a file may have at most ${limits.maxFileBytes} bytes`, { details: { maxBytes: limits.maxFileBytes } });
      journal.checkRoom(declaredBytes);
      const key = JSON.stringify([by.project, by.name]);
      const own = coming.get(key) ?? { count: 0, bytes: 0 };
      const bytes = declaredBytes ?? limits.maxFileBytes;
      const waiting = journal.waitingUploads(by.project, by.name, now());
      refuseTooMuch(waiting.count + own.count + 1, waiting.bytes + own.bytes + bytes);
      coming.set(key, { count: own.count + 1, bytes: own.bytes + bytes });
      try {
        const at = now();
        return shown(await journal.keepUpload({ project: by.project, owner: by.name, name, createdAt: at, expiresAt: at + uploadLifeMs }, sentWhole(content, name, declaredBytes), limits.maxFileBytes));
      } finally {
        const left = coming.get(key);
        if (left === undefined || left.count === 1) coming.delete(key);
        else coming.set(key, { count: left.count - 1, bytes: left.bytes - bytes });
      }
    },
    get: (id, by) => shown(found(id, by)),
    async remove(id, by) {
      const { runId } = found(id, by);
      if (await journal.removeUpload(id)) return;
      throw new VitrineError('conflict', `upload ${id} belongs to run ${runId ?? 'that has just begun'}: it goes when it has been put in`);
    },
    check(files, by) {
      const uploads = new Map(files.map(({ upload }) => [upload, found(upload, by)]));
      for (const { id, runId } of uploads.values()) if (runId !== null) throw new VitrineError('conflict', `upload ${id} belongs to run ${runId}: send the file again`, { details: { upload: id, runId } });
      const bytes = files.reduce((sum, { upload }) => sum + (uploads.get(upload)?.size ?? 0), 0);
      if (bytes > maxRunFilesBytes) throw new VitrineError('payload_too_large', `the files of a run may have at most ${maxRunFilesBytes} bytes together; these have ${bytes}`, { details: { maxBytes: maxRunFilesBytes } });
    },
    committed({ commit, next, view }) {
      const { request } = next.snapshot.context;
      const isOver = view.endedAt !== null;
      if (filesOf(request).length === 0 || !(isOver || (isPut(commit.facts) && request.onDesktopLost !== 'start_over'))) return;
      journal.releaseUploads(view.id).catch((error: unknown) => log.warn({ err: error, runId: view.id }, 'the uploads of a run were not removed; the sweep does it'));
    },
  };
}

function isPut(facts: readonly StoredFact[]): boolean {
  return facts.some(({ type }) => type === 'file.put');
}

function refuseTooMuch(count: number, bytes: number): void {
  if (count <= maxWaiting && bytes <= maxWaitingBytes) return;
  throw new VitrineError('too_many_requests', `at most ${maxWaiting} files with ${maxWaitingBytes} bytes together may wait for runs: start runs with them, or remove some`, { details: { maxUploads: maxWaiting, maxBytes: maxWaitingBytes, retryAfterSeconds: 60 } });
}

/** A client's bytes to their end. Throws `invalid_request` where the client stopped before. */
async function* sentWhole(content: AsyncIterable<Uint8Array>, name: string, declaredBytes: number | undefined): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of content) {
      size += chunk.length;
      yield chunk;
    }
  } catch (cause) {
    throw cutShort(name, size, cause);
  }
  if (declaredBytes !== undefined && size !== declaredBytes) throw cutShort(name, size);
}

function cutShort(name: string, size: number, cause?: unknown): VitrineError {
  return new VitrineError('invalid_request', `${name} was cut short after ${size} bytes: nothing was kept`, { cause });
}

function shown({ id, name, size, sha256, createdAt, expiresAt, runId }: StoredUpload): Upload {
  return { id, name, size, sha256, createdAt, expiresAt, runId };
}
