import { toPicture } from '../../../sandbox-image/wire/index.ts';
import type { Frame } from '../../../sandbox-image/wire/index.ts';
import type { Call, CallResult, Turn } from '../transcript.ts';
import { toolsetForm } from './computer-tools.ts';
import type { ComputerForm } from './computer-tools.ts';

/** One block of a message. */
export type Block = Readonly<Record<string, unknown>>;

export type ResultOptions = {
  readonly form: ComputerForm;
  /** Frame ids to data URLs; a frame that is not in it is left out. */
  readonly pictures: ReadonlyMap<string, string>;
  /** What is known of those frames: where the pointer was. */
  readonly frames: ReadonlyMap<string, Pick<Frame, 'pointer'>>;
  /** The picture of the whole screen that coordinates belong to. */
  readonly frame: Pick<Frame, 'region' | 'width' | 'height'>;
};

/** What the vendor's contract wants said of every action of a batch after one that failed. */
export const haltText = 'Not executed: an earlier computer action in this turn failed.';
/** Stands in the place of a picture that is no longer shown. */
export const prunedPicture = '[An older picture, left out.]';
/** Said of a call that has no result. */
export const unanswered: Pick<CallResult, 'isError' | 'notes'> = { isError: true, notes: ['Nothing of this call was done.'] };

/**
 * One `tool_result` for every `tool_use` of a turn, in order, then the screen where no result could carry it: results
 * that are errors hold text only, and in the toolset form so do all but `screenshot`, `zoom` and the last.
 */
export function writeResults(turn: Turn, results: ReadonlyMap<string, CallResult>, options: ResultOptions): Block[] {
  const uses = turn.raw.filter(isToolUse);
  const callOf = (use: RawToolUse) => turn.calls.find((one) => one.callId === use.id);
  const resultOrNone = (use: RawToolUse) => results.get(use.id) ?? unanswered;
  const firstFailure = uses.findIndex((use) => isMember(use) && resultOrNone(use).isError);
  const lastActing = uses.findLastIndex((use) => (callOf(use)?.actions.length ?? 0) > 0);
  const blocks = uses.map((use, index) => {
    const isHalted = firstFailure >= 0 && index > firstFailure && isMember(use) && callOf(use)?.problem === undefined;
    return isHalted ? errorResult(use, haltText) : writeResult(use, callOf(use), results.get(use.id), index === lastActing, options);
  });
  /* A turn with a problem was not performed: the screen is as it was. */
  const isPerformed = lastActing >= 0 && turn.calls.every((call) => call.problem === undefined);
  if (!isPerformed || blocks[lastActing]?.['is_error'] !== true) return blocks;
  const last = uses.map((use) => results.get(use.id)?.frameId ?? null).findLast((frameId) => frameId !== null) ?? null;
  return [...blocks, ...screenBlocks('The screen:', last, options.pictures)];
}

/** A text and a picture behind it, if that frame's picture is shown. */
export function screenBlocks(text: string, frameId: string | null, pictures: ReadonlyMap<string, string>): Block[] {
  const picture = frameId === null ? undefined : pictures.get(frameId);
  return picture === undefined ? [] : [textBlock(text), imageBlock(picture)];
}

export function textBlock(text: string): Block {
  return { type: 'text', text };
}

/** A data URL as an image block; one that is none becomes a text that says so. */
export function imageBlock(dataUrl: string): Block {
  const header = /^data:(image\/(?:png|jpeg|gif|webp));base64,/.exec(dataUrl.slice(0, 64));
  if (header === null) return textBlock('[A picture in a form that cannot be shown.]');
  return { type: 'image', source: { type: 'base64', media_type: header[1], data: dataUrl.slice(header[0].length) } };
}

type RawToolUse = { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input?: unknown; readonly toolset_name?: unknown };

function isToolUse(block: unknown): block is RawToolUse {
  return typeof block === 'object' && block !== null && 'type' in block && block.type === 'tool_use' && 'id' in block && typeof block.id === 'string' && 'name' in block && typeof block.name === 'string';
}

function isMember(use: RawToolUse): boolean {
  return typeof use.toolset_name === 'string';
}

function errorResult(use: RawToolUse, text: string): Block {
  return { ...resultOf(use), content: [textBlock(text)], is_error: true };
}

function resultOf(use: RawToolUse): Block {
  return { type: 'tool_result', tool_use_id: use.id, ...(isMember(use) ? { toolset_name: use.toolset_name } : {}) };
}

function writeResult(use: RawToolUse, call: Call | undefined, result: CallResult | undefined, isLast: boolean, options: ResultOptions): Block {
  const { isError, notes } = result ?? unanswered;
  const said = notes.filter((note) => note.trim() !== '');
  const output = result?.output;
  if (output !== undefined) {
    const content = [output.trim() === '' ? '(no output)' : output, ...(said.length > 0 ? [said.join(' ')] : [])].map(textBlock);
    return { ...resultOf(use), content, ...(isError ? { is_error: true } : {}) };
  }
  if (isError) return errorResult(use, said.length > 0 ? said.join(' ') : 'Not performed.');
  return { ...resultOf(use), content: performedContent(use, call, result, said, isLast, options) };
}

/** What a performed action gives: words first, then the picture where the form has one. */
function performedContent(use: RawToolUse, call: Call | undefined, result: CallResult | undefined, notes: readonly string[], isLast: boolean, options: ResultOptions): Block[] {
  const action = options.form === toolsetForm ? use.name : fieldOf(use.input, 'action');
  const isLook = action === 'screenshot' || action === 'zoom';
  const frameId = result?.frameId ?? null;
  const wantsPicture = options.form !== toolsetForm || isLook || isLast;
  const picture = frameId === null || !wantsPicture || call?.actions.length === 0 ? undefined : options.pictures.get(frameId);
  const place = action === 'cursor_position' ? pointerText(frameId, options) : undefined;
  const said = place === undefined ? notes.join(' ') : place;
  const words = [...(isLook ? [] : [acknowledgement(action, use.input)]), said].filter((text) => text !== '').join(' ');
  const content = [...(words === '' ? [] : [textBlock(words)]), ...(picture === undefined ? [] : [imageBlock(picture)])];
  if (content.length > 0 && (picture !== undefined || !isLook)) return content;
  return [...content, textBlock(prunedPicture)];
}

/** In pixels of the picture, which is what the model points with. */
function pointerText(frameId: string | null, { frames, frame }: ResultOptions): string | undefined {
  const known = frameId === null ? undefined : frames.get(frameId);
  if (known === undefined) return undefined;
  const { x, y } = toPicture(frame, known.pointer);
  return `X=${x},Y=${y}`;
}

/** The vendor's own words for what was done. */
function acknowledgement(action: unknown, input: unknown): string {
  switch (action) {
    case 'key':
      return `Pressed ${words(input, 'text')}.`;
    case 'hold_key':
      return `Held ${words(input, 'text')} for ${words(input, 'duration')}s.`;
    case 'type':
      return 'Typed.';
    case 'mouse_move':
      return 'Moved the mouse.';
    case 'left_mouse_down':
      return 'Left mouse button pressed.';
    case 'left_mouse_up':
      return 'Left mouse button released.';
    case 'left_click':
      return 'Clicked.';
    case 'left_click_drag':
      return 'Dragged.';
    case 'right_click':
      return 'Right-clicked.';
    case 'middle_click':
      return 'Middle-clicked.';
    case 'double_click':
      return 'Double-clicked.';
    case 'triple_click':
      return 'Triple-clicked.';
    case 'scroll':
      return `Scrolled ${words(input, 'scroll_direction')}.`;
    case 'wait':
      return `Waited ${words(input, 'duration')}s.`;
    default:
      return '';
  }
}

function words(input: unknown, field: string): string {
  const value = fieldOf(input, field);
  return typeof value === 'string' || typeof value === 'number' ? String(value).replaceAll(/\s+/g, ' ').slice(0, 100) : '';
}

function fieldOf(input: unknown, field: string): unknown {
  return typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>)[field] : undefined;
}
