import type { Usage } from '../transcript.ts';
import { printEchoed } from './echoed-fields.ts';
import type { ReceivedCheck } from './received-request.ts';

/** One item of a response's `output`, as it goes over HTTP. */
export type OutputItem = Readonly<Record<string, unknown>>;

/** A batch of the vendor's actions to perform. `id` and `callId` at most 64 characters. Without checks there is no list of them: the vendor refuses an empty one when the call is replayed. */
export function computerCall(id: string, callId: string, actions: readonly unknown[], pendingChecks: readonly ReceivedCheck[] = []): OutputItem {
  return { type: 'computer_call', id, call_id: callId, status: 'completed', actions, ...(pendingChecks.length === 0 ? {} : { pending_safety_checks: pendingChecks }) };
}

/** A call of a function that was offered; `given` are its arguments. */
export function functionCall(id: string, callId: string, name: string, given: Readonly<Record<string, unknown>>): OutputItem {
  return { type: 'function_call', id, call_id: callId, status: 'completed', name, arguments: JSON.stringify(given) };
}

/** Text for whoever asked: the last word, or commentary beside calls. */
export function message(id: string, text: string, phase: 'commentary' | 'final_answer' = 'final_answer'): OutputItem {
  return { type: 'message', id, role: 'assistant', status: 'completed', phase, content: [{ type: 'output_text', text, annotations: [], logprobs: [] }] };
}

/** The last word of a model that will not, or cannot, do what it was asked. */
export function refusal(id: string, text: string): OutputItem {
  return { type: 'message', id, role: 'assistant', status: 'completed', phase: 'final_answer', content: [{ type: 'refusal', refusal: text }] };
}

/** What the model thought, as far as it tells; `encrypted` comes back with the next request. */
export function reasoning(id: string, summary: string, encrypted: string | null = null): OutputItem {
  return { type: 'reasoning', id, summary: [{ type: 'summary_text', text: summary }], encrypted_content: encrypted };
}

export type ResponseToPrint = {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly model: string;
  readonly output: readonly OutputItem[];
  readonly usage: Usage;
  /** What the request said and the response repeats. */
  readonly echo: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string>>;
};

/** A completed response as the API prints it. `object` is what makes the vendor's client offer `output_text`. */
export function printResponse(response: ResponseToPrint): Readonly<Record<string, unknown>> {
  const { usage } = response;
  return {
    ...printEchoed(response.echo),
    id: response.id,
    object: 'response',
    created_at: response.createdAt,
    status: 'completed',
    model: response.model,
    output: response.output,
    error: null,
    incomplete_details: null,
    metadata: response.metadata,
    previous_response_id: null,
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: usage.cachedInputTokens },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  };
}
