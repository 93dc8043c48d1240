import type { AnswerStatus, AnswerStream, AnswerToPrint } from '../answer-to-print.ts';
import type { Usage } from '../transcript.ts';
import { printEchoed } from './echoed-fields.ts';

/** An answer as the body of `POST /v1/responses` and `GET /v1/responses/{id}`: reasoning, message and function calls, no call of the screen. */
export function printAnswer(answer: AnswerToPrint) {
  const isOver = answer.status !== 'queued' && answer.status !== 'in_progress';
  return {
    ...shell(answer),
    status: statusOf(answer.status),
    output: isOver || answer.isBackground ? itemsOf(answer) : [],
    output_text: answer.text ?? '',
    usage: isOver ? printUsage(answer.usage) : undefined,
  };
}

function shell(answer: AnswerToPrint) {
  return {
    ...printEchoed(answer.echo),
    id: `resp_${answer.id}`,
    object: 'response' as const,
    access_programs: null,
    created_at: answer.createdAt,
    model: answer.model,
    error: answer.failure === null || answer.status === 'incomplete' ? null : { code: 'server_error' as const, message: answer.failure.message },
    incomplete_details: answer.status === 'incomplete' ? { reason: 'max_output_tokens' as const } : null,
    metadata: { ...answer.metadata },
    previous_response_id: answer.previousResponseId,
    background: answer.isBackground,
  };
}

function itemsOf(answer: AnswerToPrint) {
  return [
    ...answer.thoughts.map((text, index) => reasoningItem(answer, index, text)),
    ...(answer.text === null && answer.refusal === null ? [] : [messageItem(answer)]),
    ...answer.calls.map((call, index) => callItem(answer, call, index)),
  ];
}

function reasoningItem(answer: AnswerToPrint, index: number, text: string) {
  return { id: `rs_${answer.id}_${index}`, type: 'reasoning' as const, summary: [{ type: 'summary_text' as const, text }] };
}

function messageItem(answer: AnswerToPrint) {
  const content = answer.refusal === null
    ? { type: 'output_text' as const, text: answer.text ?? '', annotations: [], logprobs: [] }
    : { type: 'refusal' as const, refusal: answer.refusal };
  return { id: `msg_${answer.id}`, type: 'message' as const, role: 'assistant' as const, status: answer.status === 'incomplete' ? 'incomplete' as const : 'completed' as const, phase: answer.calls.length > 0 ? 'commentary' as const : 'final_answer' as const, content: [content] };
}

function callItem(answer: AnswerToPrint, call: AnswerToPrint['calls'][number], index: number) {
  return { id: `fc_${answer.id}_${index}`, type: 'function_call' as const, call_id: call.callId, name: call.name, arguments: call.arguments, status: 'completed' as const };
}

function statusOf(status: AnswerStatus): Exclude<AnswerStatus, 'waiting'> {
  return status === 'waiting' ? 'completed' : status;
}

function printUsage(usage: Usage) {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens, cache_write_tokens: 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/** An answer as the vendor's events: created, in_progress, one reasoning item for each thought, message and calls, and how it ended. */
export function answerStream(): AnswerStream {
  let sequence = 0;
  let begun: AnswerToPrint | undefined;
  const done: unknown[] = [];
  const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  const item = (added: object, whole: object, between: (place: { readonly output_index: number }) => string) => {
    const place = { output_index: done.length };
    done.push(whole);
    return event('response.output_item.added', { ...place, item: added }) + between(place) + event('response.output_item.done', { ...place, item: whole });
  };
  const thought = (answer: AnswerToPrint, text: string) => {
    const whole = reasoningItem(answer, done.length, text);
    return item({ ...whole, summary: [] }, whole, (at) => {
      const place = { ...at, item_id: whole.id, summary_index: 0 };
      return event('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } })
        + event('response.reasoning_summary_text.delta', { ...place, delta: text })
        + event('response.reasoning_summary_text.done', { ...place, text })
        + event('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } });
    });
  };
  const message = (answer: AnswerToPrint) => {
    const whole = messageItem(answer);
    return item({ ...whole, status: 'in_progress', content: [] }, whole, (at) => {
      const place = { ...at, item_id: whole.id, content_index: 0 };
      const [part] = whole.content;
      const text = answer.refusal ?? answer.text ?? '';
      const kind = answer.refusal === null ? 'output_text' : 'refusal';
      return event('response.content_part.added', { ...place, part: answer.refusal === null ? { ...part, text: '' } : { ...part, refusal: '' } })
        + event(`response.${kind}.delta`, { ...place, delta: text, ...(kind === 'refusal' ? {} : { logprobs: [] }) })
        + event(`response.${kind}.done`, { ...place, ...(kind === 'refusal' ? { refusal: text } : { text, logprobs: [] }) })
        + event('response.content_part.done', { ...place, part });
    });
  };
  const call = (answer: AnswerToPrint, each: AnswerToPrint['calls'][number], index: number) => {
    const whole = callItem(answer, each, index);
    return item({ ...whole, status: 'in_progress', arguments: '' }, whole, (at) => {
      const place = { ...at, item_id: whole.id };
      return event('response.function_call_arguments.delta', { ...place, delta: whole.arguments })
        + event('response.function_call_arguments.done', { ...place, name: whole.name, arguments: whole.arguments });
    });
  };
  return {
    begin(answer) {
      begun = answer;
      const response = { ...printAnswer(answer), status: 'in_progress', output: [] };
      return event('response.created', { response }) + event('response.in_progress', { response });
    },
    thought: (text) => (begun === undefined ? '' : thought(begun, text)),
    keepAlive: () => ': keepalive\n\n',
    end(answer) {
      const hasMessage = answer.text !== null || answer.refusal !== null;
      const items = (hasMessage ? message(answer) : '') + answer.calls.map((each, index) => call(answer, each, index)).join('');
      return items + event(answer.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response: { ...printAnswer(answer), output: [...done] } });
    },
    fail: (answer, text) => event('response.failed', { response: { ...printAnswer(answer), status: 'failed', output: [...done], error: { code: 'server_error', message: text } } }),
  };
}
