import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Frame } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';

/** A frame with the bytes of its picture. */
export type Picture = { readonly frame: Frame; readonly bytes: Buffer };

/** Pictures on disk: one folder a run, one file a frame holding the frame's description and its bytes. */
export type Pictures = { keep(runId: string, picture: Picture): Promise<void>; load(runId: string, frameId: string): Promise<Picture> };

const nameOfId = /^[\w.-]{1,160}$/;

/** A picture file: 4 bytes big-endian length, the frame as JSON, the picture's bytes. */
export function createPictures(folder: string): Pictures {
  const made = new Set<string>();

  async function folderOf(runId: string): Promise<string> {
    const path = join(folder, runId);
    if (!made.has(runId)) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      made.add(runId);
    }
    return path;
  }

  return {
    async keep(runId, { frame, bytes }) {
      const header = Buffer.from(JSON.stringify(frame), 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(header.length);
      const path = join(await folderOf(runId), frame.frameId);
      const draft = `${path}.${randomUUID()}.part`;
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writev([length, header, bytes]);
        await file.datasync();
        await file.close();
        await rename(draft, path);
      } catch (error) {
        await file.close().catch(() => {}); // Closed already, or lost with the write.
        await rm(draft, { force: true });
        throw error;
      }
    },

    async load(runId, frameId) {
      if (!nameOfId.test(runId) || !Frame.shape.frameId.safeParse(frameId).success) throw notKept(frameId);
      const stored = await readFile(join(folder, runId, frameId)).catch((cause: unknown) => {
        throw notKept(frameId, cause);
      });
      const length = stored.readUInt32BE(0);
      return { frame: Frame.parse(JSON.parse(stored.toString('utf8', 4, 4 + length))), bytes: stored.subarray(4 + length) };
    },
  };
}

function notKept(frameId: string, cause?: unknown): VitrineError {
  return new VitrineError('not_found', `no picture is kept of frame ${JSON.stringify(frameId.slice(0, 64))}`, { cause });
}
