/** The vendor's names of what went wrong, by HTTP status. */
const typeOfStatus: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** By this the vendor's client knows that it has to send the whole conversation instead; its tool runner then does. */
const unthreaded = { error_code: 'thread_unsupported_request', unsupported: ['thread'] };

/** An error as the body that goes with its status. `requestId` stands in the header `request-id` as well, `param` is the field that is wrong. */
export function printError(status: number, message: string, requestId: string, param?: unknown) {
  const type = typeOfStatus[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error' as const, error: { type, message, ...(param === 'thread' ? { details: unthreaded } : {}) }, request_id: requestId };
}
