import { z } from 'zod';
import { readPicture } from '../received-picture.ts';
import type { ReceivedAnswer, ReceivedProblem, ReceivedTask } from '../received-task.ts';
import { schemaProblem } from '../received-tools.ts';
import { answerSaid } from '../earlier-calls.ts';
import type { EarlierMessage } from '../transcript.ts';

const Block = z.looseObject({ type: z.string() });
const Message = z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: z.union([z.string(), z.array(Block)]) });
const ToolUse = z.looseObject({ id: z.string().min(1).max(200), name: z.string(), toolset_name: z.string().nullish() });
const ToolResult = z.looseObject({ tool_use_id: z.string().min(1).max(200), content: z.union([z.string(), z.array(Block)]).nullish(), is_error: z.boolean().nullish() });
const Source = z.looseObject({ type: z.string(), media_type: z.string().optional(), data: z.string().optional(), url: z.string().optional() });

/** What was said, and by `system` the texts of messages with that role. */
export type Conversation = Pick<ReceivedTask, 'task' | 'pictures' | 'earlier' | 'answers'> & { readonly system: readonly string[] };

type Spoken = {
  readonly role: 'user' | 'assistant' | 'system';
  readonly texts: string[];
  readonly pictures: string[];
  /** Calls that the message holds, and whether each is one of the screen. */
  readonly uses: { readonly id: string; readonly isScreen: boolean }[];
  readonly answers: ReceivedAnswer[];
};
type Problem = { readonly problem: ReceivedProblem };

/**
 * A request's messages, oldest first. What stands behind the last message of the assistant is the task and the answers to
 * its calls; what a loop elsewhere did with a screen is passed over. A call without a result is refused in the vendor's words.
 */
export function readConversation(messages: readonly unknown[]): { readonly conversation: Conversation } | Problem {
  const spoken: Spoken[] = [];
  for (const [index, raw] of messages.entries()) {
    const read = readMessage(raw, `messages[${index}]`);
    if ('problem' in read) return read;
    spoken.push(read.spoken);
  }
  const talk = spoken.filter(({ role }) => role !== 'system');
  const problem = pairingProblem(talk);
  if (problem !== undefined) return { problem };
  const begins = talk.findLastIndex(({ role }) => role === 'assistant') + 1;
  const fresh = talk.slice(begins);
  const screenIds = new Set(talk.flatMap(({ uses }) => uses.flatMap(({ id, isScreen }) => (isScreen ? [id] : []))));
  return {
    conversation: {
      task: fresh.flatMap(textOf).join('\n\n'),
      pictures: fresh.flatMap(({ pictures }) => pictures),
      earlier: talk.slice(0, begins).flatMap((message) => earlierOf(message, screenIds)),
      answers: fresh.flatMap(({ answers }) => answers).filter(({ callId }) => !screenIds.has(callId)),
      system: spoken.filter(({ role }) => role === 'system').flatMap(textOf),
    },
  };
}

function textOf({ texts }: Spoken): string[] {
  const text = texts.filter((one) => one.trim() !== '').join('\n');
  return text === '' ? [] : [text];
}

/** What somebody said; answers of the caller's functions are told as words, those of a screen are passed over. */
function earlierOf(message: Spoken, screenIds: ReadonlySet<string>): EarlierMessage[] {
  const [text = ''] = textOf(message);
  const answers = message.answers.filter(({ callId }) => !screenIds.has(callId)).map(({ callId, output }) => answerSaid(callId, output));
  if (message.role === 'system' || (text === '' && message.pictures.length === 0)) return answers;
  return [...answers, { role: message.role, text, pictures: [...message.pictures] }];
}

/** Every call is answered before the assistant speaks again. */
function pairingProblem(talk: readonly Spoken[]): ReceivedProblem | undefined {
  for (const [index, message] of talk.entries()) {
    if (message.uses.length === 0) continue;
    const rest = talk.slice(index + 1);
    const next = rest.findIndex(({ role }) => role === 'assistant');
    const answered = new Set(rest.slice(0, next < 0 ? rest.length : next).flatMap(({ answers }) => answers.map(({ callId }) => callId)));
    const open = message.uses.filter(({ id }) => !answered.has(id)).map(({ id }) => id);
    if (open.length > 0) {
      return { message: `messages: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`, param: 'messages', code: 'missing_tool_result' };
    }
  }
  return undefined;
}

function readMessage(raw: unknown, param: string): { readonly spoken: Spoken } | Problem {
  const parsed = Message.safeParse(raw);
  if (!parsed.success) return { problem: schemaProblem(parsed.error, param) };
  const { role, content } = parsed.data;
  const spoken: Spoken = { role, texts: [], pictures: [], uses: [], answers: [] };
  for (const [index, block] of (typeof content === 'string' ? [{ type: 'text', text: content }] : content).entries()) {
    const problem = takeBlock(block, spoken, `${param}.content[${index}]`);
    if (problem !== undefined) return { problem };
  }
  return { spoken };
}

type RawBlock = z.infer<typeof Block>;

/** Adds what the block holds to what was spoken; a problem if it cannot be taken. */
function takeBlock(block: RawBlock, spoken: Spoken, place: string): ReceivedProblem | undefined {
  switch (block.type) {
    case 'text':
      return takeText(block['text'], spoken, `${place}.text`);
    case 'image':
      return takePicture(block['source'], spoken, `${place}.source`);
    case 'tool_use':
      return takeUse(block, spoken, place);
    case 'tool_result':
      return takeResult(block, spoken, place);
    case 'thinking':
    case 'redacted_thinking':
      return undefined;
    default:
      return { message: `Invalid '${place}.type': '${block.type}' is not taken here; send text, image or tool_result.`, param: `${place}.type`, code: 'invalid_value' };
  }
}

function takeText(text: unknown, spoken: Spoken, place: string): ReceivedProblem | undefined {
  if (typeof text !== 'string') return { message: `Invalid '${place}': expected a string.`, param: place, code: 'invalid_type' };
  spoken.texts.push(text);
  return undefined;
}

function takePicture(source: unknown, spoken: Spoken, place: string): ReceivedProblem | undefined {
  const parsed = Source.safeParse(source);
  if (!parsed.success) return schemaProblem(parsed.error, place);
  const { type, media_type: mediaType, data, url } = parsed.data;
  const read = readPicture(type === 'base64' ? `data:${mediaType ?? ''};base64,${data ?? ''}` : url, place);
  if ('problem' in read) return read.problem;
  spoken.pictures.push(read.url);
  return undefined;
}

function takeUse(block: RawBlock, spoken: Spoken, place: string): ReceivedProblem | undefined {
  const parsed = ToolUse.safeParse(block);
  if (!parsed.success) return schemaProblem(parsed.error, place);
  const { id, name, toolset_name: family } = parsed.data;
  spoken.uses.push({ id, isScreen: name === 'computer' || family === 'computer' });
  return undefined;
}

function takeResult(block: RawBlock, spoken: Spoken, place: string): ReceivedProblem | undefined {
  const parsed = ToolResult.safeParse(block);
  if (!parsed.success) return schemaProblem(parsed.error, place);
  const { tool_use_id: callId, content, is_error: isError } = parsed.data;
  const texts = typeof content === 'string' ? [content] : (content ?? []).flatMap((part) => (part.type === 'text' && typeof part['text'] === 'string' ? [part['text']] : []));
  spoken.answers.push({ callId, output: texts.join('\n'), isError: isError ?? false });
  return undefined;
}
