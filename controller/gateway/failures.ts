import { VitrineError } from '../errors.ts';

/** OpenAI's body of an error. */
export function printOpenAIFailure(failure: VitrineError): unknown {
  const { message, status, details } = failure;
  const param = typeof details?.['param'] === 'string' ? details['param'] : null;
  const code = typeof details?.['vendorCode'] === 'string' ? details['vendorCode'] : codes[status] ?? failure.code;
  return { error: { message, type: openAITypeOf(status), param, code } };
}

/** Where OpenAI's word for a failure is another than ours. */
const codes: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' };

function openAITypeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** A request that cannot be served as it is, with the place named as vendors name it. */
export function refusal(message: string, param: string | null, vendorCode: string | null = 'invalid_value'): VitrineError {
  return new VitrineError('invalid_request', message, { details: { ...(param === null ? {} : { param }), ...(vendorCode === null ? {} : { vendorCode }) } });
}

/** Why a request without a tool for a screen is not served. */
export function missingComputer(): VitrineError {
  return refusal("This address serves computer use only: add a computer tool to 'tools', such as {\"type\": \"computer\"} or {\"type\": \"computer_20250124\", \"name\": \"computer\", \"display_width_px\": 1280, \"display_height_px\": 800}.", 'tools', 'missing_required_parameter');
}

/** Why tokens are not counted beforehand. */
export function uncountable(): VitrineError {
  return new VitrineError('not_found', "Tokens cannot be counted before a run: one request is many calls of the model, each with pictures of a screen that nobody has seen yet. What was used stands in 'usage' of the answer; 'budgets' of POST /api/runs bound it beforehand.");
}

/** Says of a failure that the request must not be sent again by itself: its run has begun, or would fail again. */
export function final(failure: VitrineError, runId?: string): VitrineError {
  return new VitrineError(failure.code, failure.message, { cause: failure.cause, details: { ...failure.details, isFinal: true, ...(runId === undefined ? {} : { runId }) } });
}
