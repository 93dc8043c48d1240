import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createBuildReader, maxBuildLines, maxLineCharacters, plainLine } from '../../controller/launcher/build-progress.ts';
import type { BuildProgress } from '../../controller/launcher/build-progress.ts';

/** What Docker 20.10 said when it built one small Dockerfile of two stages whose last step fails. */
const recorded = (builder: 'classic' | 'buildkit'): unknown[] => readFileSync(new URL(`records/${builder}.jsonl`, import.meta.url), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown);

function readAll(records: readonly unknown[]) {
  const reader = createBuildReader();
  const seen: BuildProgress[] = [];
  for (const record of records) {
    reader.take(record);
    seen.push(reader.progress);
  }
  return { reader, seen };
}

const expected = {
  buildkit: { end: [4, 6], failure: /exit code: 7/ },
  classic: { end: [4, 6], failure: /non-zero code: 7/ },
};

for (const builder of ['buildkit', 'classic'] as const) {
  describe(`the progress of a build by ${builder}`, () => {
    it('goes forward step by step to the one that failed, and says why', () => {
      const { reader, seen } = readAll(recorded(builder));
      const { done, total, step } = reader.progress;
      assert.deepEqual([done, total], expected[builder].end);
      assert.equal(step, 'RUN echo about to fail && exit 7');
      assert.match(reader.failure ?? '', expected[builder].failure);
      const done_ = seen.map((each) => each.done);
      assert.deepEqual(done_, done_.toSorted((a, b) => a - b), 'it went back');
      assert.ok(new Set(done_).size >= 4, `seen: ${[...new Set(done_)].join(', ')}`);
    });

    it('keeps what programs print, as plain lines', () => {
      const { lines } = readAll(recorded(builder)).reader.progress;
      for (const line of ['twenty', 'red', 'about to fail']) assert.ok(lines.includes(line), `${line} in ${lines.join(' | ')}`);
    });
  });
}

/** A step that has begun, as BuildKit tells it: a StatusResponse with one vertex, its name and the time of its start. */
function traced(name: string): unknown {
  const field = (number: number, content: Buffer) => {
    const length: number[] = [];
    for (let left = content.length; length.length === 0 || left > 0; left >>= 7) length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
  };
  return { id: 'moby.buildkit.trace', aux: field(1, Buffer.concat([field(3, Buffer.from(name)), field(5, Buffer.alloc(0))])).toString('base64') };
}

describe('a reader of builds', () => {
  it('keeps no more of a step or a stage than it shows, however long their names are', () => {
    const { reader } = readAll([traced('[stage-1 1/3] RUN one'), traced(`[${'x'.repeat(5000)} 1/900] RUN two`), ...[1, 2, 3].map((n) => traced(`RUN ${'y'.repeat(5000)} ${n}`))]);
    const { total, lines } = reader.progress;
    assert.equal(total, 4, 'a stage that no Dockerfile names counts');
    assert.deepEqual(lines.map((line) => line.slice(0, 8)), ['[stage-1', '[xxxxxxx', 'RUN yyyy'], 'steps are told apart by what is not kept of them');
  });

  it('stays bounded and forward whatever an engine says', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('Step 3/5 : RUN x', 'STEP 99/9999: RUN x', 'Successfully built', '\u001B[2K\r', 'x'.repeat(5000), 'a\n'.repeat(500)));
    const real = recorded('buildkit');
    const record = fc.oneof(
      fc.constantFrom(...real), fc.anything(), fc.record({ stream: text }), fc.record({ status: text, progressDetail: fc.anything() }), fc.record({ error: text }),
      fc.record({ id: fc.constant('moby.buildkit.trace'), aux: fc.oneof(fc.base64String(), fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'))) }),
    );
    fc.assert(fc.property(fc.array(record, { maxLength: 60 }), (records) => {
      const { reader, seen } = readAll(records);
      const { lines, step, total, done } = reader.progress;
      assert.ok(lines.length <= maxBuildLines && lines.every((line) => line.length <= maxLineCharacters && !/[\p{Cc}\u202A-\u202E]/u.test(line)), 'lines');
      assert.ok(step.length <= maxLineCharacters && Number.isInteger(total) && done >= 0 && done <= total + 1, `${done} of ${total}: ${step}`);
      assert.deepEqual(seen.map((each) => each.done), seen.map((each) => each.done).toSorted((a, b) => a - b), 'it went back');
    }), { numRuns: 300 });
  });

  it('shows text of programs without what could move or colour it', () => {
    assert.equal(plainLine('\u001B[31mred\u001B[0m\tand \u202Eback'), 'red and back');
    assert.equal(plainLine('10 %\r20 %\r'), '20 %');
  });
});
