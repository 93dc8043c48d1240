import type { Frame } from '../../../sandbox-image/wire/index.ts';
import { askPersonFunction } from '../ask-person.ts';
import type { AnswerFormat, AnswerRules, CallResult, Entry, Offer, Transcript } from '../transcript.ts';
import { betasOf, computerName, computerToolOf, filesToolOf, shellToolOf, toolsetForm, wireName } from './computer-tools.ts';
import type { ComputerForm } from './computer-tools.ts';
import { imageBlock, screenBlocks, textBlock, writeResults } from './write-results.ts';
import type { Block, ResultOptions } from './write-results.ts';

/** One message of a request. */
export type WrittenMessage = { readonly role: 'user' | 'assistant'; readonly content: readonly Block[] };

/** A request without the model's name: the body, and the betas that its header names. */
export type WrittenRequest = {
  readonly body: {
    /** Absent when there is nothing to tell. */
    readonly system?: readonly Block[];
    readonly tools: readonly Block[];
    readonly messages: readonly WrittenMessage[];
    readonly max_tokens: number;
    readonly tool_choice?: Readonly<Record<string, unknown>>;
    readonly output_config?: { readonly format: { readonly type: 'json_schema'; readonly schema: Readonly<Record<string, unknown>> } };
  };
  readonly betas: readonly string[];
};

export type WriteOptions = {
  readonly form: ComputerForm;
  /** Most tokens of one answer. */
  readonly maxTokens?: number;
  /** What is known of the frames shown, for results that tell where the pointer was. */
  readonly frames?: ReadonlyMap<string, Pick<Frame, 'pointer'>>;
};

const cached = { cache_control: { type: 'ephemeral' } } as const;
/** Results that end a part of the request to be cached; one more breakpoint ends tools and system. The API allows four. */
const cachedResults = 3;

/**
 * A transcript as a request to the Messages API: the whole history is replayed, what the model said word for word.
 * `pictures` maps frame ids to data URLs; a frame that is not in it is left out. `frame` is the picture of the whole
 * screen that the model's coordinates belong to. Every call of every turn gets exactly one result, right behind it.
 * Unfinished turns are left out: they were never acted on.
 */
export function writeRequest(briefing: string, transcript: Transcript, pictures: ReadonlyMap<string, string>, offer: Offer, frame: Pick<Frame, 'region' | 'width' | 'height'>, options: WriteOptions): WrittenRequest {
  const { form } = options;
  const results: ResultOptions = { form, pictures, frames: options.frames ?? new Map(), frame };
  const isEnforced = offer.answerFormat?.strict === true && form !== 'computer_20241022';
  const system = [briefing, ...(offer.answerFormat === null || isEnforced ? [] : [formatWords(offer.answerFormat)])].filter((text) => text.trim() !== '');
  return {
    body: {
      ...(system.length === 0 ? {} : { system: system.map((text, index) => ({ ...textBlock(text), ...(index === system.length - 1 ? cached : {}) })) }),
      tools: writeTools(form, offer, frame),
      messages: withBreakpoints(joinRoles(transcript.flatMap((entry, index) => writeEntry(entry, transcript, index, results)))),
      max_tokens: Math.min(options.maxTokens ?? (form === 'computer_20241022' ? 8192 : 16_000), offer.rules?.maxOutputTokens ?? Number.POSITIVE_INFINITY),
      ...writeChoice(form, offer),
      ...(isEnforced && offer.answerFormat !== null ? { output_config: { format: { type: 'json_schema', schema: offer.answerFormat.schema } } } : {}),
    },
    betas: betasOf(form),
  };
}

function writeTools(form: ComputerForm, offer: Offer, frame: Pick<Frame, 'width' | 'height'>): Block[] {
  return [
    computerToolOf(form, frame),
    ...(offer.shell ? [shellToolOf(form)] : []),
    ...(offer.files ? [filesToolOf(form)] : []),
    ...(offer.person ? [{ name: askPersonFunction.name, description: askPersonFunction.description, input_schema: askPersonFunction.parameters }] : []),
    ...offer.callerTools.map((tool) => ({
      name: wireName(tool, form, offer),
      ...(tool.description.trim() === '' ? {} : { description: tool.description }),
      input_schema: { type: 'object', ...tool.parameters },
    })),
  ];
}

/** The vendor's choice of tools. The toolset cannot be named: there the screen is some tool. */
function writeChoice(form: ComputerForm, offer: Offer): Pick<WrittenRequest['body'], 'tool_choice'> {
  const { firstCall, singleCall = false } = offer.rules ?? {};
  if (firstCall === undefined && !singleCall) return {};
  return { tool_choice: { ...chosenTool(firstCall, form, offer), ...(singleCall ? { disable_parallel_tool_use: true } : {}) } };
}

function chosenTool(firstCall: AnswerRules['firstCall'], form: ComputerForm, offer: Offer): Readonly<Record<string, unknown>> {
  if (firstCall === undefined) return { type: 'auto' };
  if (firstCall === 'any' || (firstCall === 'screen' && form === toolsetForm)) return { type: 'any' };
  if (firstCall === 'screen') return { type: 'tool', name: computerName };
  const tool = offer.callerTools.find(({ name }) => name === firstCall.function);
  return { type: 'tool', name: tool === undefined ? firstCall.function : wireName(tool, form, offer) };
}

function formatWords(format: AnswerFormat): string {
  return `Your final message must be one JSON value and nothing else, no fence around it, valid against this JSON schema (${format.name}): ${JSON.stringify(format.schema)}`;
}

function writeEntry(entry: Entry, transcript: Transcript, index: number, options: ResultOptions): WrittenMessage[] {
  switch (entry.kind) {
    case 'task':
      return writeTask(entry, options.pictures);
    case 'note':
      return [said('user', entry.from === 'caller' ? entry.text : `${entry.from === 'person' ? 'A person who watches says' : 'Vitrine says'}: ${entry.text}`, screenBlocks('The screen:', entry.frameId, options.pictures))];
    case 'turn': {
      if (entry.turn.unfinished !== null) return [];
      const answers = writeResults(entry.turn, resultsOf(transcript, index), options);
      return [{ role: 'assistant', content: entry.turn.raw.filter(isReplayable).map(withInput) }, { role: 'user', content: answers }];
    }
    case 'results':
      /* Written right behind the turn that they answer. */
      return [];
  }
}

function writeTask(task: Extract<Entry, { kind: 'task' }>, pictures: ReadonlyMap<string, string>): WrittenMessage[] {
  const earlier = task.earlier.map((message) => said(message.role, message.text, message.role === 'user' ? message.pictures.map(imageBlock) : []));
  const first: WrittenMessage[] = earlier[0]?.role === 'assistant' ? [said('user', 'Earlier in this conversation:', [])] : [];
  return [...first, ...earlier, said('user', task.text, [...task.pictures.map(imageBlock), ...screenBlocks('The screen:', task.frameId, pictures)])];
}

/** The API takes no empty text, so there is none. */
function said(role: WrittenMessage['role'], text: string, more: readonly Block[]): WrittenMessage {
  return { role, content: [...(text.trim() === '' ? [] : [textBlock(text)]), ...more] };
}

/** Everything that the model said goes back unmodified, but for empty texts, which the API refuses. */
function isReplayable(block: unknown): block is Block {
  if (typeof block !== 'object' || block === null) return false;
  return !('type' in block && block.type === 'text' && 'text' in block && typeof block.text === 'string' && block.text.trim() === '');
}

/** The API takes no call whose input is no object. Servers in between let such calls through; they were not performed. */
function withInput(block: Block): Block {
  if (block['type'] !== 'tool_use') return block;
  const input = block['input'];
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? block : { ...block, input: {} };
}

/** What the calls of the turn at `index` came to: the results before the next turn. */
function resultsOf(transcript: Transcript, index: number): ReadonlyMap<string, CallResult> {
  const results = new Map<string, CallResult>();
  for (let next = index + 1; next < transcript.length; next += 1) {
    const entry = transcript[next];
    if (entry?.kind === 'turn') break;
    if (entry?.kind === 'results') for (const result of entry.results) results.set(result.callId, result);
  }
  return results;
}

/** Neighbours of one role become one message, so that results stand in the message right behind their calls, and texts after them. */
function joinRoles(messages: readonly WrittenMessage[]): WrittenMessage[] {
  const joined: WrittenMessage[] = [];
  for (const message of messages) {
    if (message.content.length === 0) continue;
    const last = joined.at(-1);
    if (last?.role === message.role) joined[joined.length - 1] = { role: last.role, content: [...last.content, ...message.content] };
    else joined.push(message);
  }
  return joined;
}

function withBreakpoints(messages: readonly WrittenMessage[]): WrittenMessage[] {
  const withResults = messages.flatMap((message, index) => (message.content.some(isResult) ? [index] : [])).slice(-cachedResults);
  return messages.map((message, index) => (withResults.includes(index) ? endsCache(message) : message));
}

function endsCache(message: WrittenMessage): WrittenMessage {
  const last = message.content.findLastIndex(isResult);
  return { role: message.role, content: message.content.map((block, index) => (index === last ? { ...block, ...cached } : block)) };
}

function isResult(block: Block): boolean {
  return block['type'] === 'tool_result';
}
