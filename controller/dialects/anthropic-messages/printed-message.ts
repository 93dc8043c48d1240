import type { AnswerStream, AnswerToPrint } from '../answer-to-print.ts';
import type { Usage } from '../transcript.ts';

/** An answer as the body of `POST /v1/messages`: its text, and calls of the caller's functions; no call of the screen. */
export function printMessage(answer: AnswerToPrint) {
  return { ...shell(answer), content: blocksOf(answer), ...stopOf(answer), usage: printUsage(answer.usage) };
}

function shell(answer: AnswerToPrint) {
  return {
    id: `msg_${answer.id}`,
    type: 'message' as const,
    role: 'assistant' as const,
    model: answer.model,
    container: null,
    context_management: null,
    diagnostics: null,
    metadata: answer.metadata,
  };
}

function blocksOf(answer: AnswerToPrint) {
  const text = answer.refusal ?? answer.text ?? '';
  return [
    ...(text === '' ? [] : [{ type: 'text' as const, text, citations: null }]),
    ...answer.calls.map((call) => ({ type: 'tool_use' as const, id: call.callId, name: call.name, input: argumentsOf(call.arguments), caller: { type: 'direct' as const } })),
  ];
}

/** The vendor's input is an object; what a model wrote otherwise stands in one. */
function argumentsOf(written: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(written);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    /* Told to the caller as it is. */
  }
  return { arguments: written };
}

function stopOf(answer: AnswerToPrint) {
  const reason = answer.status === 'incomplete' ? 'max_tokens' as const : answer.refusal !== null ? 'refusal' as const : answer.calls.length > 0 ? 'tool_use' as const : 'end_turn' as const;
  return {
    stop_reason: reason,
    stop_sequence: null,
    stop_details: answer.refusal === null ? null : { type: 'refusal' as const, category: null, explanation: answer.refusal, fallback_credit_token: null, fallback_has_prefill_claim: null, recommended_model: null },
  };
}

/** The vendor counts what it read from its cache beside `input_tokens`. */
function printUsage(usage: Usage) {
  return {
    input_tokens: usage.inputTokens - usage.cachedInputTokens,
    cache_creation: null,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedInputTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
    fallback_credit: null,
    inference_geo: null,
    iterations: null,
    server_tool_use: null,
    service_tier: null,
    speed: null,
  };
}

/**
 * An answer as the vendor's events, each with its `event:` line, which its clients need. What is said on the way stands in
 * thinking blocks; the connection is kept open by `ping`.
 */
export function messageStream(): AnswerStream {
  let nextIndex = 0;
  const block = (start: object, delta: object) => {
    const index = nextIndex++;
    return event('content_block_start', { index, content_block: start }) + event('content_block_delta', { index, delta }) + event('content_block_stop', { index });
  };
  return {
    begin: (answer) => event('message_start', { message: { ...shell(answer), content: [], stop_reason: null, stop_sequence: null, stop_details: null, usage: { ...printUsage(answer.usage), output_tokens: 0 } } }),
    thought: (text) => (text === '' ? '' : block({ type: 'thinking', thinking: '', signature: '' }, { type: 'thinking_delta', thinking: text })),
    keepAlive: () => event('ping', {}),
    end(answer) {
      const blocks = blocksOf(answer).map((one) => (one.type === 'text'
        ? block({ ...one, text: '' }, { type: 'text_delta', text: one.text })
        : block({ ...one, input: {} }, { type: 'input_json_delta', partial_json: JSON.stringify(one.input) })));
      return blocks.join('') + event('message_delta', { delta: stopOf(answer), usage: printUsage(answer.usage), metadata: answer.metadata }) + event('message_stop', {});
    },
    fail: (_answer, message) => event('error', { error: { type: 'api_error', message } }),
  };
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
