import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import type { Journal } from '../../controller/journal/journal.ts';
import type { ModelDialect } from '../../controller/models/model-entry.ts';
import { createModels } from '../../controller/models/models.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import type { RunRegistry } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import type { Run } from '../../controller/runs/run.ts';
import { badTurns, unansweredTurn } from '../conformance/bad-turns.ts';
import type { BadTurn } from '../conformance/bad-turns.ts';
import { pairingProblems } from '../conformance/pairing.ts';
import { dialects } from '../conformance/vocabulary.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import type { FakeDesktop, FakeDesktops } from '../support/fake-desktops.ts';

const isFull = process.env['VITRINE_TEST_FULL'] === '1';
/** Runs per dialect; each gets one to four bad turns: in ten dialects at least 240 turns, 1500 in the whole form. */
const runCount = isFull ? 150 : 24;
const minTurns = 10 * runCount;
const ann = { name: 'ann', project: 'default' };
const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(40)]);
const lookup = { name: 'lookup', description: '', parameters: { type: 'object' } };

/** A server for every vendor's shape that says what it is told to, turn by turn, and then that it is done. */
async function startBadVendor() {
  let turns: readonly BadTurn[] = [];
  let onAsked: (index: number, body: Record<string, unknown>) => void = () => {};
  let asked = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      onAsked(asked, JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
      const turn = turns[asked];
      asked += 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(turn === undefined ? lastWord(request.url ?? '') : turn.body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    say(next: readonly BadTurn[], listener: typeof onAsked) {
      [turns, onAsked, asked] = [next, listener, 0];
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function lastWord(path: string): unknown {
  if (path.includes('/responses')) return { id: 'resp_end', object: 'response', status: 'completed', output: [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Done' }] }] };
  if (path.includes('/messages')) return { id: 'msg_end', type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Done' }], stop_reason: 'end_turn' };
  return { id: 'chat_end', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: "Thought: Done\nAction: finished(content='Done')" } }] };
}

describe('runs whose model says what no model should', () => {
  const stack = new AsyncDisposableStack();
  let vendor: Awaited<ReturnType<typeof startBadVendor>>;
  let journal: Journal;
  let desktops: FakeDesktops;
  const launched: FakeDesktop[] = [];
  let runs: RunRegistry;
  /** Generated turns that a vendor's server said, and the requests that came back to it. */
  const said = { turns: 0, requests: 0 };

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-bad-turns-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    vendor = stack.use(await startBadVendor());
    journal = openJournal(folder);
    stack.defer(() => journal.close());
    desktops = fakeDesktops(() => png);
    const log = pino({ level: 'silent' });
    const entries = dialects.map((dialect) => (dialect.startsWith('anthropic-')
      ? { name: dialect, provider: 'anthropic' as const, dialect, model: 'bad', baseUrl: vendor.url, apiKey: 'k', maxRetries: 0 }
      : { name: dialect, provider: 'compatible' as const, dialect, model: 'bad', baseUrl: `${vendor.url}/v1`, maxRetries: 0 }));
    const watched = { ...desktops, launch: async (...args: Parameters<FakeDesktops['launch']>) => {
      const desktop = await desktops.launch(...args);
      launched.push(desktops.made.get(desktop.id) ?? assert.fail());
      return desktop;
    } };
    runs = createRuns({ journal, desktops: watched, models: createModels({ entries, rehearsalUrl: vendor.url, log }), log, maxDesktops: 4, maxQueued: 100, makeBriefing: () => ({ version: 'test', text: 'You have a desktop.' }) });
    stack.defer(() => runs.close());
  });
  after(() => stack.disposeAsync());

  /** One run through these turns and to its end; the caller answers what it is asked. */
  async function runThrough(dialect: ModelDialect, turns: readonly BadTurn[]): Promise<Run> {
    const doneBefore: number[] = [];
    const problems: string[] = [];
    launched.length = 0;
    vendor.say(turns, (index, body) => {
      doneBefore[index] = launched[0]?.performedIds.length ?? 0;
      problems.push(...pairingProblems(body));
      said.requests += 1;
      if (index < turns.length) said.turns += 1;
    });
    const tools = dialect === 'ui-tars' ? {} : { tools: ['shell', 'files'], callerTools: [lookup] };
    const { id } = runs.create(RunRequest.parse({ task: 'do it', model: dialect, approvalTimeoutMs: 1000, ...tools }), ann);
    const stop = runs.onEvents(() => {
      const { state, asked } = runs.get(id, ann);
      if (state === 'awaitingCaller') queueMicrotask(() => runs.answerCaller(id, asked.map(({ callId }) => ({ callId, output: 'sunny', isError: false })), ann));
    });
    try {
      const run = await runs.ended(id, ann, AbortSignal.timeout(15_000));
      doneBefore.push(launched[0]?.performedIds.length ?? 0);
      assertNothingInPart(id, turns, doneBefore);
      assert.deepEqual(problems, []);
      return run;
    } finally {
      stop();
    }
  }

  /** By what the desktop itself did: nothing of a turn with a bad call; and by the journal: all of a turn or nothing. */
  function assertNothingInPart(runId: string, turns: readonly BadTurn[], doneBefore: readonly number[]): void {
    for (const [index, { mayAct }] of turns.entries()) {
      const [from, to] = [doneBefore[index], doneBefore[index + 1]];
      if (!mayAct && from !== undefined && to !== undefined) assert.equal(to - from, 0, `turn ${index + 1} was performed`);
    }
    const facts = runs.events({ runId, after: 0, limit: 500 }, ann).map(({ fact }) => fact);
    for (const fact of facts) {
      if (fact.type !== 'model.answered') continue;
      const { calls, unfinished } = fact.answer;
      const wanted = unfinished !== null || calls.some(({ problem }) => problem !== undefined) ? 0 : calls.reduce((sum, { actions }) => sum + actions.length, 0);
      assert.equal(facts.filter((one) => one.type === 'action.ended' && one.turn === fact.turn).length, wanted, JSON.stringify(calls).slice(0, 400));
      const ended = facts.find((one) => one.type === 'turn.ended' && one.turn === fact.turn);
      if (calls.length > 0 && unfinished === null && fact.answer.refusal === null) assert.equal(ended?.type === 'turn.ended' ? ended.results.length : undefined, calls.length);
    }
  }

  for (const dialect of dialects) {
    it(`end or go on in ${dialect}, perform nothing in part, and leave nothing behind`, async () => {
      const ends = new Map<string, number>();
      await fc.assert(fc.asyncProperty(fc.array(badTurns(dialect), { minLength: 1, maxLength: 4 }), async (turns) => {
        const run = await runThrough(dialect, turns);
        const end = run.failure?.code ?? run.state;
        ends.set(end, (ends.get(end) ?? 0) + 1);
        assert.ok(['succeeded', 'model_failed', 'model_refused'].includes(end), JSON.stringify(run.failure));
        assert.deepEqual(journal.effects(run.id), []);
        assert.equal(journal.nextDeadline(), undefined);
        assert.equal(desktops.made.size, 0);
      }), { numRuns: runCount });
      assert.ok((ends.get('succeeded') ?? 0) > 0, 'no run went on to its end: the turns are too bad to test anything');
    });
  }

  it(`were given at least ${minTurns} generated turns`, (test) => {
    test.diagnostic(`${said.turns} generated turns were said to ${said.requests} requests`);
    assert.ok(said.turns >= minTurns, `${said.turns} turns`);
    assert.ok(said.requests >= said.turns);
  });

  for (const dialect of dialects.filter((each) => each.startsWith('openai-') || each.startsWith('anthropic-') || each === 'function-responses')) {
    for (const ids of ['no ids', 'same ids'] as const) {
      it(`are asked again, three times at most, after calls with ${ids} in ${dialect}`, async () => {
        const bad = unansweredTurn(dialect, ids);
        const once = await runThrough(dialect, [bad]);
        assert.deepEqual([once.state, once.turns, once.steps], ['succeeded', 2, 0]);
        const notes = runs.events({ runId: once.id, after: 0, limit: 500 }, ann).flatMap(({ fact }) => (fact.type === 'note.added' ? [fact.text] : []));
        assert.match(notes.join(), ids === 'no ids' ? /was not used \(its \w+ cannot be read/ : /was not used \(two of its calls have the id call_same/);
        const ever = await runThrough(dialect, [bad, bad, bad, bad]);
        assert.deepEqual([ever.failure?.code, ever.turns, ever.steps], ['model_failed', 3, 0]);
        assert.match(ever.failure?.message ?? '', /3 answers in a row that could not be used/);
      });
    }
  }
});
