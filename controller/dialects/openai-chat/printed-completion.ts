import type { AnswerStream, AnswerToPrint } from '../answer-to-print.ts';
import type { Usage } from '../transcript.ts';

/** An answer as the body of `POST /v1/chat/completions`. */
export function printCompletion(answer: AnswerToPrint) {
  return {
    id: `chatcmpl-${answer.id}`,
    object: 'chat.completion' as const,
    created: answer.createdAt,
    model: answer.model,
    choices: [{
      index: 0,
      finish_reason: finishReason(answer),
      logprobs: null,
      message: {
        role: 'assistant' as const,
        content: answer.text,
        refusal: answer.refusal,
        ...(answer.calls.length === 0 ? {} : { tool_calls: answer.calls.map(printCall) }),
      },
    }],
    usage: printUsage(answer.usage),
    metadata: answer.metadata,
  };
}

/** An answer as chunks. What is said on the way stands in `reasoning_content`; an error in the middle in an object with `error`. */
export function completionStream(includeUsage: boolean): AnswerStream {
  const chunk = (answer: AnswerToPrint, choices: readonly unknown[], more: object = {}) => data({
    id: `chatcmpl-${answer.id}`, object: 'chat.completion.chunk', created: answer.createdAt, model: answer.model, choices, ...more,
  });
  const delta = (answer: AnswerToPrint, fields: object, finish: string | null = null) => chunk(answer, [{ index: 0, delta: fields, logprobs: null, finish_reason: finish }]);
  let begun: AnswerToPrint | undefined;
  return {
    begin(answer) {
      begun = answer;
      return delta(answer, { role: 'assistant', content: '' });
    },
    thought: (text) => (begun === undefined ? '' : delta(begun, { reasoning_content: `${text}\n` })),
    keepAlive: () => ': keepalive\n\n',
    end(answer) {
      return [
        ...(answer.text === null ? [] : [delta(answer, { content: answer.text })]),
        ...(answer.refusal === null ? [] : [delta(answer, { refusal: answer.refusal })]),
        ...answer.calls.map((call, index) => delta(answer, { tool_calls: [{ index, ...printCall(call) }] })),
        chunk(answer, [{ index: 0, delta: {}, logprobs: null, finish_reason: finishReason(answer) }], { metadata: answer.metadata }),
        ...(includeUsage ? [chunk(answer, [], { usage: printUsage(answer.usage) })] : []),
        'data: [DONE]\n\n',
      ].join('');
    },
    fail: (answer, message) => data({ error: { message, type: 'server_error', param: null, code: answer.failure?.code ?? null } }),
  };
}

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function finishReason(answer: AnswerToPrint): 'tool_calls' | 'length' | 'stop' {
  if (answer.status === 'incomplete') return 'length';
  return answer.calls.length > 0 ? 'tool_calls' : 'stop';
}

function printCall(call: AnswerToPrint['calls'][number]) {
  return { id: call.callId, type: 'function' as const, function: { name: call.name, arguments: call.arguments } };
}

function printUsage(usage: Usage) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
