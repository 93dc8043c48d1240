import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entry } from '../../controller/dialects/transcript.ts';
import { framesToShow, loadImages } from '../../controller/models/images.ts';
import type { Picture } from '../../controller/picture.ts';
import { limits } from '../../sandbox-image/wire/index.ts';

const answered = (frameId: string): Entry => ({ kind: 'results', results: [{ callId: `c-${frameId}`, isError: false, notes: [], acknowledged: [], frameId }] });
const transcript = (count: number) => Array.from({ length: count }, (_, index) => answered(`f${index}`));
const shown = (count: number) => framesToShow(transcript(count), { keep: 20, pruneInBatchesOf: 10 });

describe('framesToShow', () => {
  it('shows all of a short run', () => assert.equal(shown(29).length, 29));

  it('leaves out the oldest in batches, so that what is sent begins alike', () => {
    assert.deepEqual([shown(30)[0], shown(39)[0], shown(40)[0]], ['f10', 'f10', 'f20']);
    for (let count = 1; count < 100; count += 1) assert.ok(shown(count).length >= Math.min(count, 20) && shown(count).length < 30);
  });

  it('shows a frame once, and always the last', () => {
    assert.deepEqual(framesToShow([{ kind: 'task', text: '', frameId: 'f1', earlier: [], pictures: [] }, answered('f2'), answered('f1')], { keep: 20, pruneInBatchesOf: 10 }), ['f2', 'f1']);
  });
});

describe('loadImages', () => {
  const load = (bytes: Buffer) => loadImages(['f1'], { runId: 'r1', loadPicture: () => Promise.resolve({ frame: { format: 'png' }, bytes } as Picture) }, () => {});
  const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.alloc(40)]);

  it('makes data URLs', async () => assert.match((await load(png)).get('f1') ?? '', /^data:image\/png;base64,iVBO/));
  it('refuses an empty picture', () => assert.rejects(load(Buffer.alloc(0)), /frame f1 is empty/));
  it('refuses what is no picture', () => assert.rejects(load(Buffer.alloc(100, 1)), /frame f1 is no png/));
  it('refuses a picture beyond the limit', () => assert.rejects(load(Buffer.concat([png, Buffer.alloc(limits.maxImageBytes)])), /the limit is/));
});
