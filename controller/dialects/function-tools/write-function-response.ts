import { resultText } from '../desktop-functions.ts';
import { flatFunctions, textFormat, writeRules } from '../openai-responses/write-input.ts';
import type { InputItem } from '../openai-responses/write-input.ts';
import { replayItem } from '../openai-responses/replay-item.ts';
import type { CallResult, Turn } from '../transcript.ts';
import { computerFunction } from './computer-function.ts';
import { createConversation } from './conversation.ts';
import type { WrittenMessage } from './conversation.ts';
import { aboutComputer, aboutFormat, replayedArguments, shownFrames, writeTranscript } from './write-chat.ts';
import type { ChatToWrite } from './write-chat.ts';

/** The body of a request to the Responses API, without the model's name. */
export type WrittenFunctionResponse = Readonly<Record<string, unknown>> & { readonly input: readonly InputItem[] };

/**
 * A transcript as a request to the Responses API with functions only. Outputs are text, since not every server takes pictures
 * there; the picture stands in a user's message behind them. `keepsReasoning`: whether the server gives encrypted reasoning and takes it back.
 */
export function writeFunctionResponse(chat: ChatToWrite & { readonly keepsReasoning: boolean }): WrittenFunctionResponse {
  const { briefing, offer, frame, coordinates, takesAnswerFormat } = chat;
  const format = offer.answerFormat;
  const told = format === null || takesAnswerFormat ? [] : [aboutFormat(format)];
  const { name, description, parameters } = computerFunction(frame, coordinates);
  return {
    instructions: [briefing, aboutComputer(frame, coordinates), ...told].join('\n\n'),
    input: writeItems(chat),
    tools: [{ type: 'function', name, description, parameters, strict: false }, ...flatFunctions(offer)],
    ...writeRules(offer, { type: 'function', name }),
    store: false,
    ...(chat.keepsReasoning ? { include: ['reasoning.encrypted_content'] } : {}),
    ...(format === null || !takesAnswerFormat ? {} : { text: { format: textFormat(format) } }),
  };
}

function writeItems({ transcript, pictures }: ChatToWrite): readonly InputItem[] {
  const conversation = createConversation(pictures);
  const addItem = (item: InputItem) => conversation.add({ role: '', item });
  writeTranscript(conversation, transcript, (turn, results) => {
    for (const item of writeTurn(turn, results)) addItem(item);
    conversation.show(shownFrames(turn, results), 'The screen after that:');
  });
  return conversation.messages().map(asItem);
}

function writeTurn(turn: Turn, results: ReadonlyMap<string, CallResult>): InputItem[] {
  const outputs = turn.raw.filter(isFunctionCall).map(({ call_id: callId }) => ({
    type: 'function_call_output', call_id: callId, output: turn.calls.some((call) => call.callId === callId) ? resultText(results.get(callId)) : 'ok',
  }));
  return [...turn.raw.map((item) => withArguments(withoutNothing(replayItem(item)))), ...outputs];
}

function isFunctionCall(item: unknown): item is { readonly call_id: string } {
  return typeof item === 'object' && item !== null && 'type' in item && item.type === 'function_call' && 'call_id' in item && typeof item.call_id === 'string';
}

function withArguments(item: InputItem): InputItem {
  return item['type'] === 'function_call' ? { ...item, arguments: replayedArguments(item['arguments']) } : item;
}

/** Some servers refuse the mere field for encrypted reasoning. */
function withoutNothing(item: unknown): InputItem {
  const fields = typeof item === 'object' && item !== null ? Object.entries(item) : [];
  return Object.fromEntries(fields.filter(([name, value]) => name !== 'encrypted_content' || (value !== null && value !== undefined)));
}

/** A collected message in this API's words. */
function asItem(message: WrittenMessage): InputItem {
  const item = message['item'] as InputItem | undefined;
  if (item !== undefined) return item;
  const { role, content } = message;
  if (typeof content === 'string') return { type: 'message', role, content: [{ type: 'output_text', text: content, annotations: [] }] };
  const parts = (content ?? []) as readonly { readonly type: string; readonly text?: string; readonly image_url?: { readonly url: string } }[];
  return {
    type: 'message', role,
    content: parts.map((part) => (part.image_url === undefined ? { type: 'input_text', text: part.text ?? '' } : { type: 'input_image', image_url: part.image_url.url, detail: 'auto' })),
  };
}
