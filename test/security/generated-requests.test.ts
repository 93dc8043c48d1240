import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createOpenApi } from '../../controller/api/openapi.ts';
import { routes } from '../../controller/api/contract.ts';
import type { RouteKey, RouteSpec } from '../../controller/api/contract.ts';
import { statusOfCode } from '../../controller/errors.ts';
import type { ErrorCode } from '../../controller/errors.ts';
import { ErrorBody } from '../../controller/api/shapes.ts';
import { seedOf } from '../faults/support/points.ts';
import { objectOf } from './support/arbitrary-of-schema.ts';
import { operationsOf, requestOf } from './support/generated-request.ts';
import type { GeneratedRequest, Operation } from './support/generated-request.ts';
import { foreignCanary, startFuzzedWorld } from './support/fuzzed-world.ts';
import type { Answer } from './support/fuzzed-world.ts';

const isFull = process.env['VITRINE_TEST_FULL'] === '1';
const perOperation = isFull ? 600 : 20;
const seed = seedOf(process.env['VITRINE_TEST_SEED']);
const maxGrownBytes = 96 * 2 ** 20;

const document = createOpenApi();
const operations = operationsOf(document);

/** What an answer does not keep of what the document promises for its operation; undefined if nothing. */
function problemOf({ method, path, spec }: Operation, answer: Answer): string | undefined {
  if ('left' in answer) return undefined;
  const { status, type, text } = answer;
  const declared = objectOf(objectOf(spec['responses'])[String(status)]);
  if (status >= 500 && status !== 503) return `${status} ${text.slice(0, 300)}`;
  if (declared['description'] === undefined && status !== 204) return `${status} is not declared: ${text.slice(0, 300)}`;
  if (text.includes(foreignCanary)) return 'it tells of another project';
  if (status >= 400) return failureProblem(status, type, text, JSON.stringify(declared['description']));
  if (!type.startsWith('application/json')) return type === '' || Object.keys(objectOf(declared['content'])).some((one) => type.startsWith(one)) ? undefined : `${type} is not declared`;
  const shape = (routes[`${method} ${path}` as RouteKey] as RouteSpec).answer;
  const read = shape?.safeParse(JSON.parse(text));
  return read === undefined ? `JSON where none is declared: ${text.slice(0, 200)}` : read.success ? undefined : `not of the declared shape: ${read.error.message.slice(0, 500)}`;
}

function failureProblem(status: number, type: string, text: string, declared: string): string | undefined {
  const read = type.startsWith('application/json') ? ErrorBody.safeParse(JSON.parse(text)) : undefined;
  if (read?.success !== true) return `no body of a failure: ${type} ${text.slice(0, 200)}`;
  const { code, message } = read.data.error;
  if (statusOfCode[code as ErrorCode] !== status) return `${code} with status ${status}`;
  if (!declared.replaceAll(/error\.code: |"/g, '').split(', ').includes(code)) return `${code} is not declared: ${message}`;
  if (/\n\s+at |node_modules|\.ts:\d/.test(text)) return `it tells of the program: ${text.slice(0, 300)}`;
  return message.length > 5000 ? `a message of ${message.length} characters` : undefined;
}

/** Names in an answer can be named by requests that follow. */
function learn(world: Awaited<ReturnType<typeof startFuzzedWorld>>, answer: Answer): void {
  if ('left' in answer || !answer.type.startsWith('application/json')) return;
  for (const [, kind, id] of answer.text.matchAll(/"(lease|digest|approvalId|frameId)":"([\w.-]{1,128})"/g)) world.note(kind === 'approvalId' ? 'approval' : kind === 'frameId' ? 'frame' : kind ?? '', id);
}

function collectedBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('generated requests', () => {
  it(`every operation of openapi.json answers ${perOperation} of them as it declares; nothing grows, and a run beside them goes on`, async (t) => {
    await using world = await startFuzzedWorld();
    const counts = new Map<number, number>();
    const statuses = new Map<string, Set<number>>();
    let before = 0;
    let count = 0;
    const problems: string[] = [];
    const begun = performance.now();
    /** Operations of which nothing was done, and nothing refused for what is there. */
    const unreached = () => [...statuses].filter(([, seen]) => ![...seen].some((status) => status < 300 || [409, 410, 422, 429, 503].includes(status))).map(([key]) => key);
    const send = async (operation: Operation, request: GeneratedRequest) => {
      const answer = await world.send(operation.method, request);
      count += 1;
      if ('left' in answer) return;
      counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
      const key = `${operation.method} ${operation.path}`;
      statuses.set(key, (statuses.get(key) ?? new Set()).add(answer.status));
      learn(world, answer);
      assert.equal(problemOf(operation, answer), undefined, `${key} ${request.path.slice(0, 300)} ${JSON.stringify(request.headers)} ${String(request.body).slice(0, 1500)}`);
    };
    for (const [index, operation] of operations.entries()) {
      await world.restock();
      world.look();
      const found = await fc.check(fc.asyncProperty(requestOf(operation, document), (request) => send(operation, request)), { seed: seed + index, numRuns: perOperation });
      if (found.failed) problems.push(String(found.errorInstance));
      if (index === Math.floor(operations.length / 4)) before = collectedBytes();
    }
    const grown = collectedBytes() - before;
    t.diagnostic(`${count} requests to ${operations.length} operations in ${Math.round((performance.now() - begun) / 1000)} s (VITRINE_TEST_SEED=${seed}): ${[...counts].toSorted(([one], [other]) => one - other).map(([status, times]) => `${times} × ${status}`).join(', ')}; ${(grown / 2 ** 20).toFixed(1)} MiB grown; no handler reached of ${unreached().join(', ') || 'none'}`);
    assert.deepEqual(problems, []);
    assert.ok(operations.length === Object.keys(routes).length, 'every route is in the document');
    assert.ok(grown < maxGrownBytes, `${grown} bytes more are held`);
    assert.ok(unreached().length <= operations.length / 4, 'too few requests came as far as a handler');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    const run = await world.bystanderEnds();
    assert.deepEqual([run.state, run.answer, run.steps], ['succeeded', 'done', 1]);
  });
});
