import { json } from '../models/vendor-server.ts';
import type { Reply } from '../models/vendor-server.ts';

/** The dialects that OpenAI's client speaks. */
export type OpenAIDialect = 'openai-responses' | 'openai-responses-preview' | 'function-chat' | 'function-responses' | 'qwen' | 'ui-tars';

/** A call of the screen, or of a function. */
export type SpokenCall = { readonly callId: string; readonly screen: unknown } | { readonly callId: string; readonly name: string; readonly arguments: object };

const usage = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
const screenName: Readonly<Record<string, string>> = { qwen: 'computer_use' };

/** An answer of the vendor's server that holds calls. The GA tool takes all of the screen in one call, under the first one's id. */
export function spokenTurn(dialect: OpenAIDialect, calls: readonly SpokenCall[], responseId: string): Reply {
  switch (dialect) {
    case 'openai-responses':
    case 'openai-responses-preview':
      return response(responseId, [...screenItems(dialect, calls), ...calls.flatMap((call) => ('name' in call ? [functionItem(call.callId, call.name, call.arguments)] : []))]);
    case 'function-responses':
      return response(responseId, calls.map((call) => ('name' in call ? functionItem(call.callId, call.name, call.arguments) : functionItem(call.callId, 'computer', call.screen))));
    case 'function-chat':
      return chat(responseId, { content: null, tool_calls: calls.map((call) => ({ id: call.callId, type: 'function', function: functionOf(dialect, call) })) });
    case 'qwen':
      return chat(responseId, { content: calls.map((call) => `<tool_call>\n${JSON.stringify({ ...functionOf(dialect, call), arguments: 'name' in call ? call.arguments : call.screen })}\n</tool_call>`).join('\n') });
    case 'ui-tars':
      return chat(responseId, { content: `Thought: I go on.\nAction: ${calls.map((call) => ('screen' in call ? String(call.screen) : '')).join('\n')}` });
  }
}

/** An answer that holds the last word, as a message. */
export function spokenMessage(dialect: OpenAIDialect, text: string, responseId: string): Reply {
  if (dialect === 'ui-tars') return spokenTurn(dialect, [{ callId: '', screen: `finished(content='${text}')` }], responseId);
  if (dialect === 'qwen' || dialect === 'function-chat') return chat(responseId, { content: text });
  return response(responseId, [{ type: 'message', id: `msg_${responseId}`, role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] }]);
}

function functionOf(dialect: OpenAIDialect, call: SpokenCall): { name: string; arguments: string } {
  return 'name' in call ? { name: call.name, arguments: JSON.stringify(call.arguments) } : { name: screenName[dialect] ?? 'computer', arguments: JSON.stringify(call.screen) };
}

function screenItems(dialect: OpenAIDialect, calls: readonly SpokenCall[]): unknown[] {
  const screen = calls.filter((call) => 'screen' in call);
  const [first] = screen;
  if (first === undefined) return [];
  const reasoning = { type: 'reasoning', id: `rs_${first.callId}`, summary: [], encrypted_content: 'sealed' };
  const item = { type: 'computer_call', id: `cu_${first.callId}`, call_id: first.callId, status: 'completed', pending_safety_checks: [] };
  return dialect === 'openai-responses' ? [reasoning, { ...item, actions: screen.map((call) => call.screen) }] : [reasoning, { ...item, action: first.screen }];
}

function functionItem(callId: string, name: string, given: unknown): unknown {
  return { type: 'function_call', id: `fc_${callId}`, call_id: callId, name, arguments: JSON.stringify(given), status: 'completed' };
}

function response(id: string, output: readonly unknown[]): Reply {
  return json(200, { id, object: 'response', created_at: 1, model: 'scripted', status: 'completed', output, usage });
}

function chat(id: string, message: object): Reply {
  return json(200, { id, object: 'chat.completion', created: 1, model: 'scripted', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', ...message } }], usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } });
}
