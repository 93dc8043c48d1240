import assert from 'node:assert/strict';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { waitFor } from '../support/wait-for.ts';
import { row } from './matrix/matrix.ts';
import * as wrong from './matrix/misanswers.ts';
import { click } from './matrix/planned-vendor.ts';
import type { Misanswer } from './matrix/planned-vendor.ts';
import type { RowName } from './matrix/rows.ts';
import { World } from './matrix/world.ts';

const timeoutMs = 1500;
const maxRetries = 2;

describe('the fault matrix: the model', () => {
  let world: World;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-models-'));
    const file = join(folder, 'models.json');
    world = await World.start({ environment: { VITRINE_MODELS_FILE: file }, prepare: (vendor) => writeFile(file, JSON.stringify({
      models: [{ name: 'planned', provider: 'compatible', dialect: 'openai-responses', model: 'planned', baseUrl: vendor.url, apiKeyEnv: 'OPENAI_API_KEY', timeoutMs, maxRetries }],
    })) });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** A run of two clicks whose model answers the question between them wrongly, so many times. */
  async function faulted(fault: Misanswer, times: number) {
    const desktop = await world.desktop();
    const run = await world.give([{ actions: [click()] }, { actions: [click()] }], { on: desktop });
    const goOn = world.vendor.hold(run.plan, 0);
    await waitFor('the model is asked', () => world.vendor.questions(run.plan).length === 1, 30_000);
    world.vendor.faults.push(...Array.from({ length: times }, () => fault));
    goOn();
    return run;
  }

  /** A fault that passes: asked again, the run ends well, each click performed once. */
  function passes(name: RowName, fault: Misanswer, times = 1): void {
    row(name, () => world, async () => {
      const run = await faulted(fault, times);
      const { state, steps, failure } = await world.controller.ended(run.id);
      assert.deepEqual([state, steps], ['succeeded', 2], failure?.message ?? state);
      const asked = world.vendor.questions(run.plan).filter(({ turn }) => turn === 1).length;
      assert.equal(asked, 1 + times);
      return `asked ${asked} times, performed once`;
    });
  }

  /** A fault that does not pass: the run fails with words that say what it was, after so many questions. */
  function fails(name: RowName, fault: Misanswer, questions: number, words: RegExp): void {
    row(name, () => world, async () => {
      const run = await faulted(fault, 10);
      const { state, failure } = await world.controller.ended(run.id);
      world.vendor.faults.length = 0;
      assert.deepEqual([state, failure?.code], ['failed', 'model_failed']);
      assert.match(failure?.message ?? '', words);
      assert.equal(world.vendor.questions(run.plan).filter(({ turn }) => turn === 1).length, questions);
      return `model_failed after ${questions} question${questions === 1 ? '' : 's'}`;
    });
  }

  passes('the model hangs once', wrong.silence);
  fails('the model hangs for good', wrong.silence, 1 + maxRetries, /no answer from .* within 1500 ms/);
  passes('the model sends one byte a second', wrong.byteASecond);
  passes('the model resets before its headers', wrong.resetBeforeHeaders);
  passes('the model resets in its headers', wrong.resetInHeaders);
  passes('the model resets after its headers', wrong.resetAfterHeaders);
  passes('the model resets in its body', wrong.resetInBody);
  passes('the model sends half a body', wrong.halfABody);
  passes('the model sends garbage', wrong.text('\u0000<<<{"not": json'));
  passes('the model sends a page', wrong.text('<html><body>504 Gateway Time-out</body></html>', 'text/html'));
  passes('the model sends nothing', wrong.text(''));
  passes('the model sends without end', wrong.oversized);
  passes('429 without a word on when', wrong.status(429));
  passes('429 with seconds', wrong.status(429, { 'retry-after': '1' }));
  passes('429 with a date', (response, right) => wrong.status(429, { 'retry-after': new Date(Date.now() + 2000).toUTCString() })(response, right));
  passes('429 with a negative time', wrong.status(429, { 'retry-after': '-5' }));
  fails('429 with a huge time', wrong.status(429, { 'retry-after': '86400' }), 1, /no more requests for now/);
  fails('429 for good', wrong.status(429, { 'retry-after-ms': '20' }), 1 + maxRetries, /no more requests for now/);
  passes('500', wrong.status(500));
  passes('502 twice', wrong.status(502), 2);
  passes('503', wrong.status(503));
  passes('529', wrong.status(529));
  fails('401', wrong.status(401), 1, /did not accept the key: set OPENAI_API_KEY/);
  fails('403', wrong.status(403), 1, /does not permit this/);
  fails('400', wrong.status(400), 1, /refused the request/);
  fails('a redirect', wrong.status(307, { location: 'http://127.0.0.1:9/v1/responses' }), 1, /redirects elsewhere/);

  row('cancelled while the model hangs', () => world, async () => {
    const run = await faulted(wrong.silence, 1);
    await waitFor('the model is asked again', () => world.vendor.questions(run.plan).length === 2);
    const begunAt = performance.now();
    await world.controller.post(`/api/runs/${run.id}/cancel`);
    assert.equal((await world.controller.ended(run.id)).state, 'cancelled');
    const ms = Math.round(performance.now() - begunAt);
    assert.ok(ms < timeoutMs, `${ms} ms`);
    return 'cancelled at once';
  });
});
