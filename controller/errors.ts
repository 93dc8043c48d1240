/** Every way a request to Vitrine can fail, and the HTTP status that says so. The only table of its kind. */
export const statusOfCode = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  /** The request was not sent in time. */
  request_timeout: 408,
  conflict: 409,
  /** The desktop refused: the screen changed since the decision. */
  stale_target: 409,
  /** The desktop refused: somebody else is in control. */
  stale_epoch: 409,
  gone: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  misdirected_request: 421,
  /** A point off the screen, an unknown key: well-formed, and not possible here. */
  unprocessable: 422,
  too_many_requests: 429,
  /** The address and the headers together are larger than the server takes. */
  headers_too_large: 431,
  internal: 500,
  /** The model's vendor answered with an error, or not at all. */
  model_failed: 502,
  /** The desktop broke the wire's contract, or its X server is gone. */
  desktop_broken: 502,
  /** The Docker engine cannot be reached or refused. */
  engine_unavailable: 503,
  /** The desktop image does not exist on the engine. */
  image_missing: 503,
  /** Shutting down, or a disk is full: try later. */
  unavailable: 503,
  deadline_exceeded: 504,
} as const;

export type ErrorCode = keyof typeof statusOfCode;

/** Facts that go with a failure and may be shown to whoever asked: never secrets, never stack traces. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The one error class of the controller. The message names the thing, the limit and what to do, and may be shown to
 * the caller; the cause is for the log only.
 */
export class VitrineError extends Error {
  override readonly name = 'VitrineError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions & { details?: ErrorDetails }) {
    super(message, options);
    this.code = code;
    this.details = options?.details;
  }

  get status(): number {
    return statusOfCode[this.code];
  }

  /** Any thrown value as a VitrineError. What is not one becomes `internal` with a message that gives nothing away, and keeps its cause. */
  static from(reason: unknown): VitrineError {
    if (reason instanceof VitrineError) return reason;
    return new VitrineError('internal', 'something went wrong inside Vitrine; the log of the controller says what', { cause: reason });
  }
}
