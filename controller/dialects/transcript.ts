import { z } from 'zod';
import { Action } from '../../sandbox-image/wire/index.ts';

/**
 * What a model says and is told, in no vendor's shape. The dialects turn vendors' items into turns and transcripts
 * into vendors' items; runs, journal and API know only these.
 */

/** Tokens of one model call. Cached input is part of `inputTokens`, reasoning part of `outputTokens`. */
export const Usage = z.strictObject({
  inputTokens: z.int().nonnegative(),
  cachedInputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  reasoningTokens: z.int().nonnegative(),
}).meta({ id: 'Usage' });
export type Usage = z.infer<typeof Usage>;

/** A vendor's demand that a person confirms before a call is performed. Echoed back exactly as it came. */
export const SafetyCheck = z.strictObject({ id: z.string(), code: z.string().nullable(), message: z.string().nullable() }).meta({ id: 'SafetyCheck' });
export type SafetyCheck = z.infer<typeof SafetyCheck>;

/** A tool of the desktop besides screen and input, performed by hands as the agent's user: a shell, and an editor of files under home. */
export const DesktopTool = z.discriminatedUnion('type', [
  /** One command of a shell that remembers its folder and variables from command to command. `restart` forgets them first. */
  z.strictObject({ type: z.literal('shell'), command: z.string().max(100_000), restart: z.boolean().default(false), timeoutMs: z.int().min(1000).max(600_000).default(120_000) }),
  /** Shows a file with line numbers (`lines`: first and last, 1-based, -1 for the end), or lists a folder. */
  z.strictObject({ type: z.literal('view'), path: z.string().min(1).max(1024), lines: z.tuple([z.int().min(1), z.int().min(-1)]).optional(), maxCharacters: z.int().min(100).max(1_000_000).optional() }),
  z.strictObject({ type: z.literal('create'), path: z.string().min(1).max(1024), text: z.string().max(1_000_000) }),
  /** Replaces the only occurrence of `old`. */
  z.strictObject({ type: z.literal('replace'), path: z.string().min(1).max(1024), old: z.string().min(1).max(1_000_000), new: z.string().max(1_000_000) }),
  /** Inserts text after a line; 0 is the beginning. */
  z.strictObject({ type: z.literal('insert'), path: z.string().min(1).max(1024), line: z.int().min(0), text: z.string().max(1_000_000) }),
]).meta({ id: 'DesktopTool' });
export type DesktopTool = z.infer<typeof DesktopTool>;

/** A call of one of the caller's own functions. `arguments` is the JSON text as the model wrote it. */
export const CallerCall = z.strictObject({ name: z.string().min(1).max(128), arguments: z.string().max(1_000_000) }).meta({ id: 'CallerCall' });
export type CallerCall = z.infer<typeof CallerCall>;

/** A question of the model's to a person. `choices` are the answers that it would know what to do with; any other may be given. */
export const PersonQuestion = z.strictObject({ text: z.string().trim().min(1).max(4000), choices: z.array(z.string().trim().min(1).max(200)).max(8).default([]) }).meta({ id: 'PersonQuestion' });
export type PersonQuestion = z.infer<typeof PersonQuestion>;

/**
 * One call of a turn. It holds one thing: `actions` for the screen, in order and in screen pixels; or a `tool` of the desktop;
 * or a question to one of the caller's functions (`asks`), or to a person (`question`). The others are empty or absent.
 */
export const Call = z.strictObject({
  callId: z.string(),
  actions: z.array(Action),
  tool: DesktopTool.optional(),
  asks: CallerCall.optional(),
  question: PersonQuestion.optional(),
  safetyChecks: z.array(SafetyCheck),
  /** What is wrong with it, in words for the model. If any call of a turn has a problem, nothing of the turn is performed. */
  problem: z.string().optional(),
}).meta({ id: 'Call' });
export type Call = z.infer<typeof Call>;

/** Whether a call is for the screen, or for nothing: it holds neither a tool of the desktop nor a question to anybody. */
export function isOfScreen({ tool, asks, question }: Pick<Call, 'tool' | 'asks' | 'question'>): boolean {
  return tool === undefined && asks === undefined && question === undefined;
}

/** One answer of a model. With calls it goes on; without, `message` is the final word. */
export const Turn = z.strictObject({
  /** The vendor's id of the response. */
  responseId: z.string(),
  /** What the model said besides its calls: commentary, reasoning summary. May be empty. */
  commentary: z.string(),
  /** The part of `commentary` that is no reasoning, where it stands beside calls of the caller's functions, or is all there is of an answer that was cut off: it goes to the caller. */
  said: z.string().optional(),
  calls: z.array(Call),
  /** The final message; null while there are calls, and when the turn is unfinished or refused. */
  message: z.string().nullable(),
  /** Why the response is not to be used: the vendor's reason (max_output_tokens, content_filter, …), or what about it cannot be answered. An unfinished response is never executed. */
  unfinished: z.string().nullable(),
  /** The model's refusal, in its words. */
  refusal: z.string().nullable(),
  usage: Usage,
  /** The vendor's items, replayed to it verbatim. */
  raw: z.array(z.unknown()),
}).meta({ id: 'Turn' });
export type Turn = z.infer<typeof Turn>;

/** What a call came to, as told to the model. */
export const CallResult = z.strictObject({
  callId: z.string(),
  /** True if it was not performed, or not whole. */
  isError: z.boolean(),
  /** What the model should know: errors, effects, warnings. Plain sentences. */
  notes: z.array(z.string()),
  /** The checks that a person acknowledged for this call. */
  acknowledged: z.array(SafetyCheck),
  /** What a desktop's tool, a caller's function or a person answered; absent for calls of the screen. */
  output: z.string().optional(),
  /** The frame that answers the call; the same for every call of the turn unless a zoom or screenshot gave its own. */
  frameId: z.string().nullable(),
}).meta({ id: 'CallResult' });
export type CallResult = z.infer<typeof CallResult>;

/** A function of the caller's, offered to the model. `parameters` is a JSON schema. */
export const CallerTool = z.strictObject({ name: z.string().regex(/^[\w-]{1,64}$/), description: z.string().max(20_000).default(''), parameters: z.record(z.string(), z.unknown()) }).meta({ id: 'CallerTool' });
export type CallerTool = z.infer<typeof CallerTool>;

/** A form that the final message must have, as a JSON schema. */
export const AnswerFormat = z.strictObject({ name: z.string().max(64).default('answer'), schema: z.record(z.string(), z.unknown()), strict: z.boolean().default(false) }).meta({ id: 'AnswerFormat' });
export type AnswerFormat = z.infer<typeof AnswerFormat>;

/** Something said before the task, by whoever sent it. Pictures are `data:` URLs. */
export const EarlierMessage = z.strictObject({ role: z.enum(['user', 'assistant']), text: z.string().max(200_000), pictures: z.array(z.string().max(12_000_000)).max(8).default([]) }).meta({ id: 'EarlierMessage' });
export type EarlierMessage = z.infer<typeof EarlierMessage>;

/** What holds for the answers of a model, besides what it is configured with. */
export const AnswerRules = z.strictObject({
  /** Most tokens of one answer, reasoning included. What is cut off by it is not performed. */
  maxOutputTokens: z.int().min(1).max(10_000_000).optional(),
  /** What the first answer has to call: any tool, the screen, or this function of the caller's. Answers after it are free to end the task. */
  firstCall: z.union([z.enum(['any', 'screen']), z.strictObject({ function: CallerTool.shape.name })]).optional(),
  /** At most one call an answer. */
  singleCall: z.boolean().optional(),
}).meta({ id: 'AnswerRules' });
export type AnswerRules = z.infer<typeof AnswerRules>;

/** What a model may use besides the screen, and how it must answer. */
export type Offer = {
  readonly shell: boolean;
  readonly files: boolean;
  /** Whether it may ask a person. */
  readonly person: boolean;
  readonly callerTools: readonly CallerTool[];
  readonly answerFormat: AnswerFormat | null;
  /** What holds for this answer; `firstCall` is in it only while it is due. */
  readonly rules?: AnswerRules;
};

/** One entry of what a model has seen and said, oldest first. */
export type Entry =
  | { readonly kind: 'task'; readonly text: string; readonly frameId: string | null; readonly earlier: readonly EarlierMessage[]; readonly pictures: readonly string[] }
  | { readonly kind: 'turn'; readonly turn: Turn }
  | { readonly kind: 'results'; readonly results: readonly CallResult[] }
  /** A word from a person, the caller, or Vitrine itself, with a frame if the screen is to be looked at again. */
  | { readonly kind: 'note'; readonly from: 'person' | 'caller' | 'vitrine'; readonly text: string; readonly frameId: string | null };
export type Transcript = readonly Entry[];
