import { z } from 'zod';
import { schemaProblem } from '../dialects/received-tools.ts';
import { VitrineError } from '../errors.ts';
import type { RunFact } from '../runs/run-event.ts';
import type { Asked, RunRequest } from '../runs/run.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import { eachEvent } from '../runs/each-event.ts';
import { refusal } from './failures.ts';
import { labelsOf } from './labels.ts';
import { callIdOf, idOf } from './segment.ts';
import type { Segment } from './segment.ts';

const Query = z.object({ after: z.string().max(200).optional(), limit: z.coerce.number().int().min(1).max(100).default(20), order: z.enum(['asc', 'desc']).default('desc') });

type Item = Readonly<Record<string, unknown>> & { readonly id: string };

/** A page of what a response answers, in the vendor's items: what was said before and the task, or what the caller's functions gave. Throws `not_found`. */
export async function listInputItems(runs: Runs, segment: Segment, by: Principal, query: unknown, signal: AbortSignal) {
  const read = Query.safeParse(query);
  if (!read.success) {
    const { message, param } = schemaProblem(read.error);
    throw refusal(message, param);
  }
  const { after, limit, order } = read.data;
  const oldest = await itemsOf(runs, segment, by, signal);
  const ordered = order === 'asc' ? oldest : oldest.toReversed();
  const begins = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && begins === 0) throw refusal(`Invalid 'after': there is no item '${after}' here.`, 'after');
  const data = ordered.slice(begins, begins + limit);
  return { object: 'list' as const, data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: begins + limit < ordered.length };
}

async function itemsOf(runs: Runs, segment: Segment, by: Principal, signal: AbortSignal): Promise<readonly Item[]> {
  if (labelsOf(runs.get(segment.runId, by).metadata) === undefined) throw unknown(segment);
  let index = 0;
  let asked: readonly Asked[] = [];
  for await (const { fact } of eachEvent(runs, segment.runId, by, signal)) {
    if (fact.type === 'run.created' && segment.index === 0) return messagesOf(fact.request, segment);
    if (fact.type === 'caller.asked') ({ asked } = fact);
    if (fact.type !== 'caller.answered') continue;
    index += 1;
    if (index === segment.index) return outputsOf(fact, asked, segment);
  }
  throw unknown(segment);
}

function messagesOf({ earlier, task, pictures }: RunRequest, segment: Segment): Item[] {
  return [...earlier, { role: 'user' as const, text: task, pictures }].map(({ role, text, pictures: shown }, index) => ({
    id: `msg_${idOf(segment)}_in${index}`, type: 'message', role, status: 'completed',
    content: role === 'assistant'
      ? [{ type: 'output_text', text, annotations: [], logprobs: [] }]
      : [{ type: 'input_text', text }, ...shown.map((url) => ({ type: 'input_image', image_url: url, detail: 'auto' }))],
  }));
}

function outputsOf({ answers }: Extract<RunFact, { type: 'caller.answered' }>, asked: readonly Asked[], segment: Segment): Item[] {
  const before = { ...segment, index: segment.index - 1 };
  return answers.map(({ callId, output }, index) => ({
    id: `fco_${idOf(segment)}_${index}`, type: 'function_call_output', status: 'completed', call_id: callIdOf('call', before, asked.findIndex((one) => one.callId === callId)), output,
  }));
}

function unknown(segment: Segment): VitrineError {
  return new VitrineError('not_found', `Response with id 'resp_${idOf(segment)}' not found.`);
}
