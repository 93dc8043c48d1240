import { z } from 'zod';

/** Every way a shim or hands can refuse or fail. */
export const WireErrorCode = z.enum([
  /** The message, its parameters or its body do not fit the contract. */
  'invalid_request',
  /** No such method, file, program. */
  'not_found',
  /** An id was used again for something else, or the thing exists already. */
  'conflict',
  /** The request carries an older control epoch than the desktop's, or a newer controller has taken over. */
  'stale_epoch',
  /** The area around the target changed since the frame on which the action was decided. */
  'stale_target',
  /** A point off the screen. */
  'off_screen',
  /** A path outside the home folder, through a symbolic link, or otherwise not allowed. */
  'forbidden',
  /** A size, count or time limit was hit. */
  'limit_exceeded',
  'deadline_exceeded',
  'cancelled',
  /** The X server is gone: nothing can be seen or done on this desktop any more. */
  'desktop_broken',
  /** Something else went wrong inside the desktop. */
  'internal',
]).meta({ id: 'WireErrorCode' });
export type WireErrorCode = z.infer<typeof WireErrorCode>;

/** A failure as it crosses the wire. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Any thrown value as a WireError; what is not one becomes `internal` and keeps its cause. */
  static from(reason: unknown): WireError {
    if (reason instanceof WireError) return reason;
    const message = reason instanceof Error ? reason.message : String(reason);
    return new WireError('internal', message, { cause: reason });
  }
}
