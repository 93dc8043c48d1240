/** Why a request came to nothing. `code` is the API's own, or `unreachable` when nobody answered, or `aborted`. The message is for people. */
export class ApiFailure extends Error {
  readonly code: string;
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, { status = 0, details = {}, cause }: { readonly status?: number; readonly details?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.name = 'ApiFailure';
    this.code = code;
    this.status = status;
    this.details = details;
  }

  /** Any thrown thing as a failure with words for people. */
  static from(reason: unknown): ApiFailure {
    if (reason instanceof ApiFailure) return reason;
    const name = reason instanceof Error ? reason.name : '';
    if (name === 'TimeoutError') return new ApiFailure('deadline_exceeded', 'Vitrine did not answer in time', { cause: reason });
    if (name === 'AbortError') return new ApiFailure('aborted', 'this was not waited for any longer', { cause: reason });
    if (reason instanceof TypeError) return new ApiFailure('unreachable', 'Vitrine does not answer: is it running, and is the network there?', { cause: reason });
    return new ApiFailure('internal', reason instanceof Error ? reason.message : String(reason), { cause: reason });
  }

  /** The failure that an answer tells of. */
  static async of(response: Response): Promise<ApiFailure> {
    const body: unknown = await response.json().catch(() => null);
    const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {};
    const code = typeof error['code'] === 'string' ? error['code'] : 'internal';
    const message = typeof error['message'] === 'string' ? error['message'] : `Vitrine answered ${response.status} ${response.statusText}`;
    return new ApiFailure(code, message, { status: response.status, details: isRecord(error['details']) ? error['details'] : {} });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
