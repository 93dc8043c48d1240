import type { CaptureInput, Frame } from '../../sandbox-image/wire/index.ts';
import type { Offer, Transcript, Turn } from '../dialects/transcript.ts';
import type { Picture } from '../picture.ts';
import type { ShownPictures } from './shown-pictures.ts';

export type DecideRequest = {
  readonly runId: string;
  /** What the model is told about its desktop (briefing.ts). */
  readonly briefing: string;
  readonly transcript: Transcript;
  /** Tools besides the screen, and the form of the answer. */
  readonly offer: Offer;
  /** The last frame in the transcript: the model's coordinates are pixels of its picture. */
  readonly frame: Frame;
  /** A stored frame's picture. Throws `not_found` for a frame that is not kept. */
  readonly loadPicture: (frameId: string) => Promise<Picture>;
  /** Keeps pictures from one question to the next; each question loads its own if absent. */
  readonly shown?: ShownPictures | undefined;
};

/**
 * Something that decides what to do next. Errors are VitrineError `model_failed` with a sentence that says what to
 * configure or whom to ask, after its own retries; `details.retryable` says whether asking again later can help.
 */
export interface Model {
  /** The name under which it is configured, and which runs show. */
  readonly name: string;
  /** How frames for this model are to be captured: format and largest size. */
  readonly capture: CaptureInput;
  /** What a token costs, if configured: US dollars per million tokens. */
  readonly price?: ModelPrice | undefined;
  /** How requests of callers with a loop of their own reach it; absent where they cannot. */
  readonly forwarding?: Forwarding | undefined;
  /** One turn. The whole turn is validated: a call that cannot be performed as it stands has a `problem`. */
  decide(request: DecideRequest, signal: AbortSignal): Promise<Turn>;
}

/** A caller's request in its vendor's shape; `headers` are those of the vendor that the caller sent. */
export type ForwardRequest = { readonly body: Readonly<Record<string, unknown>>; readonly headers: Readonly<Record<string, string>> };

/** An answer of a vendor's server as it came, one that says no included; never with a key. */
export type Forwarded = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: AsyncIterable<Uint8Array> };

/** The way through to a model's server. */
export interface Forwarding {
  /** The only shape in which its server is spoken to. */
  readonly shape: 'openai-responses' | 'openai-chat' | 'anthropic-messages';
  /**
   * Sends a body as it is, but for the key and the model's name, which is the configured one on the way there and the
   * asked one on the way back. Once, without retries. Throws `model_failed` when nothing comes back.
   */
  forward(request: ForwardRequest, signal: AbortSignal): Promise<Forwarded>;
}

/** US dollars per million tokens; cached input counts at its own price. */
export type ModelPrice = { readonly input: number; readonly cachedInput: number; readonly output: number };

/** A model as the API lists it. */
export type ModelView = { readonly name: string; readonly provider: string; readonly dialect: string; readonly usable: boolean; readonly reason: string | null };

/** The models of this deployment. */
export interface Models {
  /** The model under that name, or the default one. Throws `invalid_request`: for a name that nobody configured with `details.models`, the names there are; for one that cannot be used with what to configure. */
  get(name: string | undefined): Model;
  list(): ModelView[];
}
