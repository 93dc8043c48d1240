import type { ErrorRequestHandler } from 'express';
import { VitrineError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Redactor } from '../redactor.ts';
import type { ErrorBody } from './shapes.ts';

/** Answers whatever a route threw in the one shape of errors; what nobody expected is logged with its cause. */
export function failureReply(log: Logger, redactor?: Redactor): ErrorRequestHandler {
  return (reason: unknown, request, response, _next) => {
    const failure = failureOf(reason);
    if (failure.status >= 500 && !request.socket.destroyed) log.error({ err: failure, cause: failure.cause, method: request.method, path: request.path }, 'a request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { details } = failure;
    if (failure.code === 'unauthorized') response.setHeader('www-authenticate', 'Bearer realm="vitrine"');
    if (Array.isArray(details?.['allow'])) response.setHeader('allow', details['allow'].join(', '));
    if (typeof details?.['retryAfterSeconds'] === 'number') response.setHeader('retry-after', String(details['retryAfterSeconds']));
    if (!request.complete) response.setHeader('connection', 'close');
    const body: ErrorBody = { error: { code: failure.code, message: failure.message, ...(details === undefined ? {} : { details }) } };
    response.status(failure.status).json(redactor?.data(body) ?? body);
  };
}

/** A failure of the router itself (a path that is no valid URI) is the caller's; all else is as it was thrown, or `internal`. */
function failureOf(reason: unknown): VitrineError {
  if (reason instanceof URIError) return new VitrineError('invalid_request', 'the path is not a valid URI', { cause: reason });
  return VitrineError.from(reason);
}
