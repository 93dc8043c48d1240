import { Buffer } from 'node:buffer';
import type { Action, ActionOutcome, CaptureInput, Frame, ParamsOf, Region, ResultOf, SettleOptions, ShimMethods, ViewMode } from '../../sandbox-image/wire/index.ts';
import { limits, SettleOptions as SettleSchema } from '../../sandbox-image/wire/index.ts';
import type { Picture } from '../picture.ts';
import type { Desktop, Performed, PerformRequest } from './desktop.ts';
import { imageFault, thumbnailFault } from './image-check.ts';
import type { ServerLink } from './server-link.ts';

type Display = Desktop['display'];

const answerMs = 10_000;
/** A stopped action still says how far it came. */
const lingerMs = 3000;
const settleDefaults = SettleSchema.parse({});

/** What the shim can be asked, with every picture checked before it is used. Errors as `Desktop` promises. */
export class ShimClient {
  readonly #link: ServerLink<ShimMethods>;
  readonly #display: Display;

  constructor(link: ServerLink<ShimMethods>, display: Display) {
    this.#link = link;
    this.#display = display;
  }

  /** Performs one action; asked again under its id when the connection is lost, so that the ledger answers. */
  async perform(request: PerformRequest, signal: AbortSignal): Promise<Performed> {
    const started = performance.now();
    const timeoutMs = answerMs + longestMs(request.action) + settleMs(request.settle);
    const check = (outcome: ActionOutcome, body: Buffer) => {
      if (outcome.actionId !== request.actionId) return `the outcome of action ${request.actionId} names another`;
      if (outcome.frame === undefined) return body.length > 0 ? 'a picture without a frame' : undefined;
      const asked = captureOf(request);
      return asked === undefined ? 'a frame that was not asked for' : this.#fault(outcome.frame, body, asked);
    };
    const { result: outcome, body } = await this.#link.call('perform', request, { timeoutMs, lingerMs, isRepeatable: true, check }, signal);
    const picture = outcome.frame === undefined ? undefined : { frame: outcome.frame, bytes: body };
    return { outcome, picture, totalMs: performance.now() - started };
  }

  async capture(options: ParamsOf<ShimMethods, 'capture'>, signal: AbortSignal): Promise<Picture & { readonly settled: boolean; readonly waitedMs: number }> {
    const timeoutMs = answerMs + (options.settle === undefined ? 0 : settleMs(options.settle));
    const check = ({ frame }: { frame: Frame }, body: Buffer) => this.#fault(frame, body, options.capture ?? {});
    const { result: { frame, settled, waitedMs }, body } = await this.#link.call('capture', options, { timeoutMs, isRepeatable: true, check }, signal);
    return { frame, bytes: body, settled, waitedMs };
  }

  /** Every method that carries no picture and may be repeated. */
  async ask<Name extends 'setEpoch' | 'release' | 'state' | 'writeClipboard' | 'keepAlive'>(name: Name, params: ParamsOf<ShimMethods, Name>, signal: AbortSignal): Promise<ResultOf<ShimMethods, Name>> {
    return (await this.#link.call(name, params, { timeoutMs: answerMs, isRepeatable: true }, signal)).result;
  }

  /** Sees to it that a view server runs; `epoch` is that of the control that it is for. */
  async startView(mode: ViewMode, epoch: number | undefined, signal: AbortSignal): Promise<void> {
    await this.#link.call('startView', epoch === undefined ? { mode } : { mode, epoch }, { timeoutMs: answerMs, isRepeatable: true }, signal);
  }

  async thumbnail(maxWidth: number, quality: number, signal: AbortSignal): Promise<Buffer> {
    const check = (size: { width: number; height: number }, body: Buffer) => thumbnailFault(size, maxWidth, body);
    return (await this.#link.call('thumbnail', { maxWidth, quality }, { timeoutMs: answerMs, isRepeatable: true, check }, signal)).body;
  }

  async readClipboard(signal: AbortSignal): Promise<string> {
    const check = ({ text }: { text: string }) => (Buffer.byteLength(text) > limits.maxClipboardBytes ? `a clipboard of more than ${limits.maxClipboardBytes} bytes` : undefined);
    return (await this.#link.call('readClipboard', {}, { timeoutMs: answerMs, isRepeatable: true, check }, signal)).result.text;
  }

  #fault(frame: Frame, bytes: Buffer, { format = 'png', region }: CaptureInput): string | undefined {
    const { width, height } = this.#display;
    const isAsAsked = frame.display.width === width && frame.display.height === height && frame.format === format && (region === undefined || isSame(frame.region, region));
    if (isAsAsked) return imageFault(frame, bytes);
    return `a ${frame.format} frame of a ${frame.display.width}x${frame.display.height} screen, or a region, that was not asked for`;
  }
}

/** `zoom` captures its region whatever else is asked for. */
function captureOf({ action, capture }: PerformRequest): CaptureInput | undefined {
  return action.type === 'zoom' ? { ...capture, region: action.region } : capture;
}

function isSame(one: Region, other: Region): boolean {
  return one.x === other.x && one.y === other.y && one.width === other.width && one.height === other.height;
}

function settleMs(settle: Partial<SettleOptions> | undefined): number {
  return settle?.ceilingMs ?? settleDefaults.ceilingMs;
}

/** A generous bound of the time that an action itself takes. */
function longestMs(action: Action): number {
  switch (action.type) {
    case 'wait':
    case 'hold':
      return action.ms;
    case 'type':
      return action.text.length * 50;
    case 'key':
      return action.repeat * 100;
    case 'drag':
      return action.path.length * 100;
    case 'scroll':
      return (Math.abs(action.dx) + Math.abs(action.dy)) * 50;
    case 'screenshot':
    case 'zoom':
    case 'move':
    case 'click':
    case 'mouse_down':
    case 'mouse_up':
    case 'key_down':
    case 'key_up':
    case 'cursor':
      return 0;
  }
}
