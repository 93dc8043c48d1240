import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Frame } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import { noFailpoint } from '../failpoint.ts';
import type { Failpoint } from '../failpoint.ts';
import type { Picture } from '../picture.ts';
import { makeSyncedFolder, writeSyncedFile } from './synced-file.ts';

/** Pictures on disk: one folder a run, one file a frame holding the frame's description and its bytes. */
export type Pictures = { keep(runId: string, picture: Picture): Promise<void>; load(runId: string, frameId: string): Promise<Picture> };

const nameOfId = /^[\w.-]{1,160}$/;

/** A picture file: 4 bytes big-endian length, the frame as JSON, the picture's bytes. */
export function createPictures(folder: string, failpoint: Failpoint = noFailpoint): Pictures {
  return {
    async keep(runId, { frame, bytes }) {
      const header = Buffer.from(JSON.stringify(frame), 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(header.length);
      const place = join(folder, runId);
      await makeSyncedFolder(place);
      await writeSyncedFile(join(place, frame.frameId), (file) => file.writev([length, header, bytes]), (step) => failpoint(`picture.${step}`));
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
