import type { Coordinates, Shown } from '../coordinates.ts';
import { describeCoordinates } from '../coordinates.ts';
import { offeredFunctions, parseArguments, resultText } from '../desktop-functions.ts';
import { noteText, resultsOf, textFormat, writeRules } from '../openai-responses/write-input.ts';
import type { AnswerFormat, CallResult, Entry, Offer, Transcript, Turn } from '../transcript.ts';
import { computerFunction, qwenFunction } from './computer-function.ts';
import { createConversation, picturePart, textPart } from './conversation.ts';
import type { Conversation, WrittenMessage } from './conversation.ts';
import { nativeCalls } from './read-chat.ts';
import type { ChatMessage } from './read-chat.ts';

/** What a chat is written from. */
export type ChatToWrite = {
  readonly briefing: string;
  readonly transcript: Transcript;
  /** Frame ids to data URLs; a frame that is not in it is left out. */
  readonly pictures: ReadonlyMap<string, string>;
  readonly offer: Offer;
  /** The latest picture. */
  readonly frame: Shown;
  readonly coordinates: Coordinates;
  /** Whether the server takes a JSON schema beside tools; where not, the form of the answer is told in words. */
  readonly takesAnswerFormat: boolean;
};

/** The body of a request, without the model's name. */
export type WrittenChat = {
  readonly messages: readonly WrittenMessage[];
  readonly tools?: readonly unknown[];
  readonly tool_choice?: unknown;
  readonly parallel_tool_calls?: false;
  readonly response_format?: unknown;
};

/** A transcript as chat completions with functions: every call answered by a `tool` message, the picture in a user's message behind them. */
export function writeFunctionChat(chat: ChatToWrite): WrittenChat {
  const { offer, frame, coordinates } = chat;
  const format = offer.answerFormat;
  const system = [chat.briefing, aboutComputer(frame, coordinates), ...(format === null || chat.takesAnswerFormat ? [] : [aboutFormat(format)])].join('\n\n');
  return {
    messages: writeMessages(chat, system),
    tools: [computerFunction(frame, coordinates), ...offeredFunctions(offer)].map((one) => ({ type: 'function', function: one })),
    ...writeRules(offer, chosen(computerFunction(frame, coordinates).name), chosen),
    ...(format === null || !chat.takesAnswerFormat ? {} : { response_format: responseFormat(format) }),
  };
}

/** How a function is chosen in chat completions. */
function chosen(name: string): unknown {
  return { type: 'function', function: { name } };
}

/** A transcript for Qwen's models: the functions stand in the system message, calls and answers in the text. */
export function writeQwenChat(chat: ChatToWrite): WrittenChat {
  const { offer, frame, coordinates } = chat;
  const functions = [qwenFunction(frame, coordinates), ...offeredFunctions(offer)].map((one) => JSON.stringify({ type: 'function', function: one }));
  const tools = [
    '# Tools', 'You may call one or more functions to assist with the user query.',
    `You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n${functions.join('\n')}\n</tools>`,
    'For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>',
  ].join('\n\n');
  const system = [chat.briefing, tools, ...(offer.answerFormat === null ? [] : [aboutFormat(offer.answerFormat)])].join('\n\n');
  return { messages: writeMessages(chat, system) };
}

/** What the briefing says of coordinates holds for models with a computer tool; this is what holds here. */
export function aboutComputer(frame: Shown, coordinates: Coordinates): string {
  return `You see and use the desktop through the function computer. ${describeCoordinates(frame, coordinates)} When the task is done, answer without a call, or call it with the action done.`;
}

/** The form of the answer in words. */
export function aboutFormat(format: AnswerFormat): string {
  return `Your final message must be JSON that fits this schema, and nothing else: ${JSON.stringify(format.schema)}`;
}

function responseFormat(format: AnswerFormat): unknown {
  const { type, ...schema } = textFormat(format);
  return { type, json_schema: schema };
}

function writeMessages(chat: ChatToWrite, system: string): readonly WrittenMessage[] {
  const { transcript, pictures } = chat;
  const conversation = createConversation(pictures);
  conversation.add({ role: 'system', content: system });
  writeTranscript(conversation, transcript, (turn, results) => writeTurn(conversation, turn, results));
  return conversation.messages();
}

/** Writes a transcript into a conversation. How a turn and its results are written, right behind it, is the form's own; unfinished turns are left out. */
export function writeTranscript(conversation: Conversation, transcript: Transcript, writeOneTurn: (turn: Turn, results: ReadonlyMap<string, CallResult>) => void): void {
  for (const [index, entry] of transcript.entries()) {
    switch (entry.kind) {
      case 'task':
        writeTask(conversation, entry);
        break;
      case 'note':
        conversation.say(textPart(noteText(entry)));
        conversation.show([entry.frameId], '');
        break;
      case 'turn':
        if (entry.turn.unfinished === null) writeOneTurn(entry.turn, resultsOf(transcript, index));
        break;
      case 'results':
        break; // Written right behind the turn that they answer.
    }
  }
}

/** The task, with what was said before it. Only users' messages carry pictures. */
function writeTask(conversation: Conversation, task: Extract<Entry, { kind: 'task' }>): void {
  for (const { role, text, pictures } of task.earlier) {
    if (role === 'assistant') conversation.add({ role, content: text });
    else conversation.say(textPart(text));
    conversation.say(...pictures.map(picturePart));
  }
  conversation.say(textPart(task.text), ...task.pictures.map(picturePart));
  conversation.show([task.frameId], 'The screen:');
}

function writeTurn(conversation: Conversation, turn: Turn, results: ReadonlyMap<string, CallResult>): void {
  const message = turn.raw[0] as ChatMessage | undefined;
  if (message === undefined) return;
  const native = nativeCalls(message, turn.responseId);
  conversation.add(assistantMessage(message, native));
  for (const { callId } of native) conversation.add({ role: 'tool', tool_call_id: callId, content: answerTo(callId, turn, results) });
  const written = turn.calls.filter((call) => native.every((one) => one.callId !== call.callId));
  for (const { callId } of written) conversation.say(textPart(`<tool_response>\n${answerTo(callId, turn, results)}\n</tool_response>`));
  conversation.show(shownFrames(turn, results), 'The screen after that:');
}

/** Frames that a turn's answer shows: those of calls that asked to look, and the last. */
export function shownFrames(turn: Turn, results: ReadonlyMap<string, CallResult>): (string | null)[] {
  const frames = turn.calls.map((call) => ({ frameId: results.get(call.callId)?.frameId ?? null, isLook: call.actions.some(({ type }) => type === 'screenshot' || type === 'zoom') }));
  const last = frames.findLastIndex(({ frameId }) => frameId !== null);
  return frames.filter(({ isLook }, index) => isLook || index === last).map(({ frameId }) => frameId);
}

/** A call that ended the task was no call of the turn, and is answered all the same. */
function answerTo(callId: string, turn: Turn, results: ReadonlyMap<string, CallResult>): string {
  return turn.calls.some((call) => call.callId === callId) ? resultText(results.get(callId)) : 'ok';
}

/** Servers' templates read the arguments of earlier calls as a JSON object, and fail on anything else. Such a call was not performed. */
export function replayedArguments(given: unknown): string {
  const parsed = parseArguments(given);
  if (typeof parsed === 'string') return '{}';
  return typeof given === 'string' && given.trim().startsWith('{') ? given : JSON.stringify(parsed);
}

/** The answer as it came, in the form that servers take back: arguments as text, every call with its id, no reasoning but OpenRouter's. */
function assistantMessage(message: ChatMessage, native: readonly { readonly callId: string; readonly name: string; readonly arguments: unknown }[]): WrittenMessage {
  const details = message['reasoning_details'];
  const calls = (message.tool_calls ?? []).map((item, index) => {
    const { callId, name, arguments: given } = native[index] ?? { callId: '', name: '', arguments: '' };
    const rest = typeof item === 'object' && item !== null ? item : {};
    return { ...rest, id: callId, type: 'function', function: { name: name || 'unknown', arguments: replayedArguments(given) } };
  });
  return {
    role: 'assistant',
    content: message.content ?? (calls.length > 0 ? null : ''),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(details === undefined ? {} : { reasoning_details: details }),
  };
}
