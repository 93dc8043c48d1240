import type { CallResult, Entry, SafetyCheck, Transcript, Turn } from '../transcript.ts';
import { replayItem } from './replay-item.ts';

/** A picture that is no screen, where an answer needs one and none is shown: 64 by 64 pixels, grey. */
export const placeholderPicture = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQAAAACCEkxzAAAAFklEQVR42mNYBQUMoVDAMCoyKkK0CABxoP8Bt8W21gAAAABJRU5ErkJggg==';

/** One item of a request's `input`. */
export type InputItem = Readonly<Record<string, unknown>>;

/** The body of a request, without the model's name. */
export type WrittenRequest = {
  readonly instructions: string;
  readonly input: readonly InputItem[];
  readonly tools: readonly [{ readonly type: 'computer' }];
  readonly store: false;
  readonly include: readonly ['reasoning.encrypted_content'];
};

/**
 * A transcript as a request to the Responses API that depends on nothing stored there: the whole history is replayed.
 * `pictures` maps frame ids to data URLs; a frame that is not in it is left out, its call answered with a placeholder.
 * Every call of every turn gets exactly one output. Unfinished turns are left out: they were never acted on.
 */
export function writeRequest(briefing: string, transcript: Transcript, pictures: ReadonlyMap<string, string>): WrittenRequest {
  return {
    instructions: briefing,
    input: transcript.flatMap((entry, index) => writeEntry(entry, transcript, index, pictures)),
    tools: [{ type: 'computer' }],
    store: false,
    include: ['reasoning.encrypted_content'],
  };
}

function writeEntry(entry: Entry, transcript: Transcript, index: number, pictures: ReadonlyMap<string, string>): InputItem[] {
  switch (entry.kind) {
    case 'task':
      return [userMessage(entry.text, entry.frameId, pictures)];
    case 'note':
      return [writeNote(entry, pictures)];
    case 'turn':
      return entry.turn.unfinished === null ? writeTurn(entry.turn, resultsOf(transcript, index), pictures) : [];
    case 'results':
      /* Written right behind the turn that they answer. */
      return [];
  }
}

/** What the calls of the turn at `index` came to: the results before the next turn. */
function resultsOf(transcript: Transcript, index: number): ReadonlyMap<string, CallResult> {
  const results = new Map<string, CallResult>();
  for (const entry of transcript.slice(index + 1)) {
    if (entry.kind === 'turn') break;
    if (entry.kind === 'results') for (const result of entry.results) results.set(result.callId, result);
  }
  return results;
}

/** Begins what is said of a call that was not performed, or not whole. */
export const failedCall = 'Not performed as asked';
/** Begins what replaces a turn whose safety checks nobody acknowledged. */
export const deniedTurn = 'You asked for actions that were not allowed, and nothing of them was performed';

function writeTurn(turn: Turn, results: ReadonlyMap<string, CallResult>, pictures: ReadonlyMap<string, string>): InputItem[] {
  const calls = turn.raw.filter(isCall);
  if (calls.some((call) => hasOpenCheck(call, results.get(call.call_id)))) return writeDenied(turn, calls, results, pictures);
  const notes = calls.flatMap((call) => notesOn(call, results.get(call.call_id), calls.length));
  return [
    ...turn.raw.map((item) => replayItem(item) as InputItem),
    ...calls.map((call) => {
      const result = results.get(call.call_id);
      return writeOutput(call, result, result?.frameId ?? lastFrameOf(calls, results), pictures);
    }),
    ...(notes.length > 0 ? [developerMessage(notes.join('\n'))] : []),
  ];
}

/**
 * A turn whose safety checks were not acknowledged. The API takes no output for such a call ("unacknowledged safety
 * check"), and no call without output: so the turn is told instead of replayed.
 */
function writeDenied(turn: Turn, calls: readonly RawCall[], results: ReadonlyMap<string, CallResult>, pictures: ReadonlyMap<string, string>): InputItem[] {
  const wanted = JSON.stringify(turn.calls.map((call) => call.actions)).slice(0, 2000);
  const notes = calls.flatMap((call) => results.get(call.call_id)?.notes ?? []);
  const frameId = lastFrameOf(calls, results);
  const text = [`${deniedTurn}.`, ...notes, `The actions: ${wanted}`].join('\n');
  return [developerMessage(text), ...(frameId !== null && pictures.has(frameId) ? [userMessage('The screen:', frameId, pictures)] : [])];
}

/** One capture may answer all calls of a turn. */
function lastFrameOf(calls: readonly RawCall[], results: ReadonlyMap<string, CallResult>): string | null {
  return calls.map((call) => results.get(call.call_id)?.frameId ?? null).findLast((frameId) => frameId !== null) ?? null;
}

type RawCall = { readonly type: 'computer_call' | 'function_call'; readonly call_id: string; readonly pending_safety_checks?: unknown };

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

const unanswered: Pick<CallResult, 'isError' | 'notes'> = { isError: true, notes: ['nothing of this call was done.'] };

function notesOn(call: RawCall, result: CallResult | undefined, callCount: number): string[] {
  if (call.type === 'function_call') return [];
  const { isError, notes } = result ?? unanswered;
  const text = [...(isError ? [`${failedCall}:`] : []), ...notes].join(' ');
  if (text === '') return [];
  return [callCount === 1 ? text : `${call.call_id}: ${text}`];
}

function writeOutput(call: RawCall, result: CallResult | undefined, frameId: string | null, pictures: ReadonlyMap<string, string>): InputItem {
  if (call.type === 'function_call') return { type: 'function_call_output', call_id: call.call_id, output: [failedCall, ...(result ?? unanswered).notes].join('\n') };
  const picture = frameId === null ? undefined : pictures.get(frameId);
  const acknowledged = (result?.acknowledged ?? []).map((check) => asItCame(check, call));
  return {
    type: 'computer_call_output',
    call_id: call.call_id,
    output: { type: 'computer_screenshot', image_url: picture ?? placeholderPicture, detail: 'original' },
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

function writeNote(note: Extract<Entry, { kind: 'note' }>, pictures: ReadonlyMap<string, string>): InputItem {
  if (note.from === 'caller') return userMessage(note.text, note.frameId, pictures);
  const from = note.from === 'person' ? 'A person who watches says' : 'Vitrine says';
  const text = `${from}: ${note.text}`;
  if (note.from === 'person' || note.frameId !== null) return userMessage(text, note.frameId, pictures);
  return developerMessage(text);
}

function userMessage(text: string, frameId: string | null, pictures: ReadonlyMap<string, string>): InputItem {
  const picture = frameId === null ? undefined : pictures.get(frameId);
  return {
    type: 'message',
    role: 'user',
    content: [
      { type: 'input_text', text },
      ...(picture === undefined ? [] : [{ type: 'input_image', image_url: picture, detail: 'original' }]),
    ],
  };
}
