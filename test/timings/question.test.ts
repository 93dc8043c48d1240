import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { nothingOffered } from '../../controller/dialects/desktop-functions.ts';
import type { Entry } from '../../controller/dialects/transcript.ts';
import { createPictures } from '../../controller/journal/pictures.ts';
import { ModelEntry } from '../../controller/models/model-entry.ts';
import { createOpenAIModel } from '../../controller/models/openai-model.ts';
import { createShownPictures } from '../../controller/models/shown-pictures.ts';
import type { ShownPictures } from '../../controller/models/shown-pictures.ts';
import type { Frame } from '../../sandbox-image/wire/index.ts';

const frames = 29;
const questions = process.env['VITRINE_TEST_FULL'] === '1' ? 60 : 12;
/** A vendor in a thread of its own: it takes a question whole and answers at once. */
const vendor = `
const { createServer } = require('node:http');
const { parentPort } = require('node:worker_threads');
const answer = JSON.stringify({ id: 'resp_1', object: 'response', status: 'completed', output: [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Done', annotations: [] }] }] });
const server = createServer((request, response) => request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer)));
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

const middle = (values: readonly number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

describe('a question to the model with 29 pictures', () => {
  it('reads none of them again that an earlier question carried', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-question-'));
    const worker = new Worker(vendor, { eval: true });
    try {
      const port = await new Promise<number>((resolve) => worker.once('message', resolve));
      const model = createOpenAIModel(ModelEntry.parse({ name: 'gpt', provider: 'openai', dialect: 'openai-responses', model: 'gpt-x', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-test', maxRetries: 0 }));
      const pictures = createPictures(folder);
      const [first = assert.fail('no pictures'), ...others] = await keepPictures(pictures);
      const transcript: Entry[] = [{ kind: 'task', text: 'Do it', frameId: first.frameId, earlier: [], pictures: [] }, ...others.map(({ frameId }): Entry => ({ kind: 'note', from: 'vitrine', text: 'a look', frameId }))];
      let loads = 0;
      const ask = async (shown: ShownPictures | undefined) => {
        const loadPicture = (frameId: string) => {
          loads += 1;
          return pictures.load('r1', frameId);
        };
        await model.decide({ runId: 'r1', briefing: 'The briefing', transcript, offer: nothingOffered, frame: others.at(-1) ?? first, loadPicture, shown }, AbortSignal.timeout(30_000));
      };
      await ask(undefined);
      const each = await measure(() => ask(undefined));
      loads = 0;
      const shown = createShownPictures();
      await ask(shown);
      assert.equal(loads, frames);
      const kept = await measure(() => ask(shown));
      console.log(`# a question with ${frames} pictures of ${Math.round(shown.bytes / frames / 1000)} kB: each read ${each}; kept ${kept}; ${(shown.bytes / 2 ** 20).toFixed(1)} MiB kept`);
      assert.equal(loads, frames, 'nothing is read twice');
    } finally {
      await worker.terminate();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** Screens of this size as they are kept: the console's pictures are of pages at work. */
async function keepPictures(pictures: ReturnType<typeof createPictures>): Promise<Frame[]> {
  const place = new URL('../../docs/pictures/', import.meta.url);
  const names = (await readdir(place)).filter((name) => name.endsWith('.png')).toSorted();
  return Promise.all(Array.from({ length: frames }, async (_, index) => {
    const bytes = await readFile(new URL(names[index % names.length] ?? '', place));
    const frame: Frame = {
      frameId: `f${index}`, capturedAt: 1, display: { width: 1280, height: 800 }, region: { x: 0, y: 0, width: 1280, height: 800 }, format: 'png', width: 1280, height: 800,
      byteLength: bytes.length, hash: '0'.repeat(32), pointer: { x: 0, y: 0 },
    };
    await pictures.keep('r1', { frame, bytes });
    return frame;
  }));
}

/** Milliseconds from the question to the answer, those of this thread's processor, and the longest that its loop was held. */
async function measure(ask: () => Promise<void>): Promise<string> {
  const [taken, used]: [number[], number[]] = [[], []];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  for (let round = 0; round < questions; round += 1) {
    const [at, before] = [performance.now(), process.threadCpuUsage()];
    await ask();
    const { user, system } = process.threadCpuUsage(before);
    taken.push(performance.now() - at);
    used.push((user + system) / 1000);
  }
  loop.disable();
  return `${middle(taken).toFixed(0)} ms, ${middle(used).toFixed(0)} of processor, loop held up to ${(loop.max / 1e6).toFixed(0)}`;
}
