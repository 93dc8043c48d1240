import type { CaptureInput, Frame } from '../../sandbox-image/wire/index.ts';
import type { Offer, Transcript, Turn } from '../dialects/transcript.ts';

/** A stored picture, as a model is shown it. */
export type ShownPicture = { readonly frame: Frame; readonly bytes: Buffer };

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
  readonly loadPicture: (frameId: string) => Promise<ShownPicture>;
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
  /** One turn. The whole turn is validated: a call that cannot be performed as it stands has a `problem`. */
  decide(request: DecideRequest, signal: AbortSignal): Promise<Turn>;
}

/** US dollars per million tokens; cached input counts at its own price. */
export type ModelPrice = { readonly input: number; readonly cachedInput: number; readonly output: number };

/** A model as the API lists it. */
export type ModelView = { readonly name: string; readonly provider: string; readonly dialect: string; readonly usable: boolean; readonly reason: string | null };

/** The models of this deployment. */
export interface Models {
  /** The model under that name, or the default one. Throws `invalid_request` naming the models there are, or what to configure. */
  get(name: string | undefined): Model;
  list(): ModelView[];
}
