import { failedCall, nothingOffered, offeredFunctions, resultText, unanswered } from '../desktop-functions.ts';
import type { AnswerFormat, CallResult, Entry, Offer, SafetyCheck, Transcript, Turn } from '../transcript.ts';
import { replayItem } from './replay-item.ts';

/** A picture that is no screen, where an answer needs one and none is shown: 64 by 64 pixels, grey. */
export const placeholderPicture = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAFklEQVR42mNYBQUMoVDAMCoyKkK0CABxoP8Bt8W21gAAAABJRU5ErkJggg==';

/** One item of a request's `input`. */
export type InputItem = Readonly<Record<string, unknown>>;

/** The tool's two forms. The preview performs one action a call and is told how large the picture is. */
export type ComputerForm = { readonly kind: 'computer' } | { readonly kind: 'computer_use_preview'; readonly width: number; readonly height: number };

/** The body of a request, without the model's name. */
export type WrittenRequest = {
  readonly instructions: string;
  readonly input: readonly InputItem[];
  readonly tools: readonly Readonly<Record<string, unknown>>[];
  /** Whether the vendor is to keep the response, so that the next request can go on from it. */
  readonly store: boolean;
  readonly previous_response_id?: string;
  readonly include: readonly ['reasoning.encrypted_content'];
  readonly text?: unknown;
  readonly truncation?: 'auto';
  readonly tool_choice?: unknown;
  readonly parallel_tool_calls?: false;
};

/**
 * A transcript as a request to the Responses API that depends on nothing stored there: the whole history is replayed.
 * `pictures` maps frame ids to data URLs; a frame that is not in it is left out, its call answered with a placeholder.
 * Every call of every turn gets exactly one output. Unfinished turns are left out: they were never acted on.
 */
export function writeRequest(briefing: string, transcript: Transcript, pictures: ReadonlyMap<string, string>, offer: Offer = nothingOffered, form: ComputerForm = { kind: 'computer' }): WrittenRequest {
  const shown = { pictures, style: styleOf(form) };
  return { ...frameOf(briefing, offer, form), store: false, input: transcript.flatMap((entry, index) => writeEntry(entry, transcript, index, shown)) };
}

/**
 * What came after the last response, as a request that goes on from it: `tail` is what `afterStored` gave. Only a server that kept
 * that response can answer it.
 */
export function writeContinuation(briefing: string, { turn, transcript }: StoredTail, pictures: ReadonlyMap<string, string>, offer: Offer = nothingOffered, form: ComputerForm = { kind: 'computer' }): WrittenRequest {
  const shown = { pictures, style: styleOf(form) };
  const answers = writeAnswers(rawCalls(turn), resultsOf(transcript, 0), shown);
  const later = transcript.slice(1).flatMap((entry, index) => writeEntry(entry, transcript, index + 1, shown));
  return { ...frameOf(briefing, offer, form), store: true, previous_response_id: turn.responseId, input: [...answers, ...later] };
}

/** The last response that can be gone on from, and what came after it; `transcript` begins with that turn. */
export type StoredTail = { readonly turn: Turn; readonly transcript: Transcript };

/**
 * Where a request that goes on from a stored response would begin; undefined where there is none yet, or where the last response asked
 * for what was not permitted: the API takes no answer to that, so it has to be told anew.
 */
export function afterStored(transcript: Transcript): StoredTail | undefined {
  const index = transcript.findLastIndex((entry) => entry.kind === 'turn' && entry.turn.unfinished === null);
  const entry = transcript[index];
  if (entry?.kind !== 'turn' || entry.turn.responseId === '') return undefined;
  const tail = transcript.slice(index);
  const results = resultsOf(tail, 0);
  return rawCalls(entry.turn).some((call) => hasOpenCheck(call, results.get(call.call_id))) ? undefined : { turn: entry.turn, transcript: tail };
}

/** What every request says besides its input. */
function frameOf(briefing: string, offer: Offer, form: ComputerForm): Omit<WrittenRequest, 'input' | 'store'> {
  return {
    instructions: briefing,
    tools: [computerTool(form), ...flatFunctions(offer)],
    include: ['reasoning.encrypted_content'],
    ...(offer.answerFormat === null ? {} : { text: { format: textFormat(offer.answerFormat) } }),
    ...(form.kind === 'computer_use_preview' ? { truncation: 'auto' as const } : {}),
    ...writeRules(offer, { type: form.kind }),
  };
}

/** What holds for the answer in the vendor's words; `screen` is how the tool for the screen is chosen, `named` how a function is, if not as in this API. */
export function writeRules({ rules = {} }: Offer, screen: unknown, named: (name: string) => unknown = (name) => ({ type: 'function', name })): { readonly tool_choice?: unknown; readonly parallel_tool_calls?: false } {
  const { firstCall, singleCall = false } = rules;
  const choice = firstCall === 'any' ? 'required' : firstCall === 'screen' ? screen : firstCall === undefined ? undefined : named(firstCall.function);
  return { ...(choice === undefined ? {} : { tool_choice: choice }), ...(singleCall ? { parallel_tool_calls: false as const } : {}) };
}

function styleOf(form: ComputerForm): PictureStyle {
  return form.kind === 'computer_use_preview' ? {} : { detail: 'original' };
}

function computerTool(form: ComputerForm): Readonly<Record<string, unknown>> {
  if (form.kind === 'computer') return { type: 'computer' };
  return { type: 'computer_use_preview', display_width: form.width, display_height: form.height, environment: 'linux' };
}

/** The offered functions in the flat form of this API. Not strict: a strict schema must require every property. */
export function flatFunctions(offer: Offer): Readonly<Record<string, unknown>>[] {
  return offeredFunctions(offer).map(({ name, description, parameters }) => ({ type: 'function', name, description, parameters, strict: false }));
}

/** The form of the answer, under a name that the vendor accepts. */
export function textFormat(format: AnswerFormat): Readonly<Record<string, unknown>> {
  return { type: 'json_schema', name: format.name.replaceAll(/[^\w-]/g, '_') || 'answer', schema: format.schema, strict: format.strict };
}

/** What the vendor is told about a picture: GA models keep `original` ones as they are, the preview knows no such word. */
type PictureStyle = { readonly detail?: 'original' };
type Shown = { readonly pictures: ReadonlyMap<string, string>; readonly style: PictureStyle };

function writeEntry(entry: Entry, transcript: Transcript, index: number, shown: Shown): InputItem[] {
  switch (entry.kind) {
    case 'task':
      return [...writeEarlier(entry, shown), userMessage(entry.text, entry.frameId, shown, entry.pictures)];
    case 'note':
      return [writeNote(entry, shown)];
    case 'turn':
      return entry.turn.unfinished === null ? writeTurn(entry.turn, resultsOf(transcript, index), shown) : [];
    case 'results':
      /* Written right behind the turn that they answer. */
      return [];
  }
}

/** What was said before the task. Only users' messages may carry pictures. */
function writeEarlier(task: Extract<Entry, { kind: 'task' }>, shown: Shown): InputItem[] {
  return task.earlier.flatMap(({ role, text, pictures }) => {
    if (role === 'user') return [userMessage(text, null, shown, pictures)];
    const said = { type: 'message', role, content: [{ type: 'output_text', text, annotations: [] }] };
    return pictures.length === 0 ? [said] : [said, userMessage('The pictures of that answer:', null, shown, pictures)];
  });
}

/** What the calls of the turn at `index` came to: the results before the next turn. */
export function resultsOf(transcript: Transcript, index: number): ReadonlyMap<string, CallResult> {
  const results = new Map<string, CallResult>();
  for (let next = index + 1; next < transcript.length; next += 1) {
    const entry = transcript[next];
    if (entry?.kind === 'turn') break;
    if (entry?.kind === 'results') for (const result of entry.results) results.set(result.callId, result);
  }
  return results;
}

/** Begins what replaces a turn with safety checks that nobody acknowledged. */
export const deniedTurn = 'You asked for actions that needed a permission, and it was not given';

function writeTurn(turn: Turn, results: ReadonlyMap<string, CallResult>, shown: Shown): InputItem[] {
  const calls = rawCalls(turn);
  if (calls.some((call) => hasOpenCheck(call, results.get(call.call_id)))) return writeDenied(turn, calls, results, shown);
  return [...turn.raw.map((item) => replayItem(item) as InputItem), ...writeAnswers(calls, results, shown)];
}

/** One output for every call, and what else is to be said of them. */
function writeAnswers(calls: readonly RawCall[], results: ReadonlyMap<string, CallResult>, shown: Shown): InputItem[] {
  const notes = calls.flatMap((call) => notesOn(call, results.get(call.call_id), calls.length));
  return [
    ...calls.map((call) => {
      const result = results.get(call.call_id);
      return writeOutput(call, result, result?.frameId ?? lastFrameOf(calls, results), shown);
    }),
    ...(notes.length > 0 ? [developerMessage(notes.join('\n'))] : []),
  ];
}

/**
 * A turn whose safety checks were not acknowledged. The API takes no output for such a call ("unacknowledged safety
 * check"), and no call without output: so the turn is told instead of replayed, call by call, since some may have been performed.
 */
function writeDenied(turn: Turn, calls: readonly RawCall[], results: ReadonlyMap<string, CallResult>, shown: Shown): InputItem[] {
  const told = turn.calls.map((call) => {
    const result = results.get(call.callId);
    const wanted = JSON.stringify(call.asks ?? call.tool ?? call.actions).slice(0, 2000);
    return `${wanted}: ${result === undefined || result.isError ? resultText(result) : ['performed.', resultText(result)].join(' ')}`;
  });
  const frameId = lastFrameOf(calls, results);
  const text = [`${deniedTurn}.`, ...told].join('\n');
  return [developerMessage(text), ...(frameId !== null && shown.pictures.has(frameId) ? [userMessage('The screen:', frameId, shown)] : [])];
}

/** One capture may answer all calls of a turn. */
function lastFrameOf(calls: readonly RawCall[], results: ReadonlyMap<string, CallResult>): string | null {
  return calls.map((call) => results.get(call.call_id)?.frameId ?? null).findLast((frameId) => frameId !== null) ?? null;
}

type RawCall = { readonly type: 'computer_call' | 'function_call'; readonly call_id: string; readonly pending_safety_checks?: unknown };

function rawCalls(turn: Turn): RawCall[] {
  return turn.raw.filter(isCall);
}

function isCall(item: unknown): item is RawCall {
  return typeof item === 'object' && item !== null && 'type' in item && (item.type === 'computer_call' || item.type === 'function_call')
    && 'call_id' in item && typeof item.call_id === 'string';
}

function pendingChecks(call: RawCall): { readonly id: unknown }[] {
  const pending: unknown = call.pending_safety_checks;
  return Array.isArray(pending) ? pending.filter((check: unknown) => typeof check === 'object' && check !== null && 'id' in check) : [];
}

function hasOpenCheck(call: RawCall, result: CallResult | undefined): boolean {
  return pendingChecks(call).some((check) => !result?.acknowledged.some((done) => done.id === check.id));
}

function notesOn(call: RawCall, result: CallResult | undefined, callCount: number): string[] {
  if (call.type === 'function_call') return [];
  const { isError, notes } = result ?? unanswered;
  const text = [...(isError ? [`${failedCall}:`] : []), ...notes].join(' ');
  if (text === '') return [];
  return [callCount === 1 ? text : `${call.call_id}: ${text}`];
}

function writeOutput(call: RawCall, result: CallResult | undefined, frameId: string | null, { pictures, style }: Shown): InputItem {
  if (call.type === 'function_call') return { type: 'function_call_output', call_id: call.call_id, output: resultText(result) };
  const picture = frameId === null ? undefined : pictures.get(frameId);
  const acknowledged = (result?.acknowledged ?? []).map((check) => asItCame(check, call));
  return {
    type: 'computer_call_output',
    call_id: call.call_id,
    output: { type: 'computer_screenshot', image_url: picture ?? placeholderPicture, ...style },
    ...(acknowledged.length > 0 ? { acknowledged_safety_checks: acknowledged } : {}),
  };
}

/** The check as the vendor wrote it: it compares what is acknowledged with what it asked. */
function asItCame(check: SafetyCheck, call: RawCall): unknown {
  return pendingChecks(call).find((other) => other.id === check.id) ?? check;
}

function developerMessage(text: string): InputItem {
  return { type: 'message', role: 'developer', content: [{ type: 'input_text', text }] };
}

function writeNote(note: Extract<Entry, { kind: 'note' }>, shown: Shown): InputItem {
  const text = noteText(note);
  return note.from === 'vitrine' && note.frameId === null ? developerMessage(text) : userMessage(text, note.frameId, shown);
}

/** A note with whose word it is; the caller's own word stands alone. */
export function noteText(note: Extract<Entry, { kind: 'note' }>): string {
  switch (note.from) {
    case 'caller':
      return note.text;
    case 'person':
      return `A person who watches says: ${note.text}`;
    case 'vitrine':
      return `Vitrine says: ${note.text}`;
  }
}

function userMessage(text: string, frameId: string | null, { pictures, style }: Shown, given: readonly string[] = []): InputItem {
  const screen = frameId === null ? undefined : pictures.get(frameId);
  const urls = [...given, ...(screen === undefined ? [] : [screen])];
  return {
    type: 'message',
    role: 'user',
    content: [{ type: 'input_text', text }, ...urls.map((url) => ({ type: 'input_image', image_url: url, detail: 'auto', ...style }))],
  };
}
