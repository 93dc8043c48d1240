import type { WireErrorCode } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

const codes: Readonly<Record<WireErrorCode, ErrorCode>> = {
  invalid_request: 'invalid_request',
  not_found: 'not_found',
  conflict: 'conflict',
  stale_epoch: 'stale_epoch',
  stale_target: 'stale_target',
  off_screen: 'unprocessable',
  forbidden: 'forbidden',
  limit_exceeded: 'payload_too_large',
  deadline_exceeded: 'deadline_exceeded',
  cancelled: 'conflict',
  desktop_broken: 'desktop_broken',
  internal: 'internal',
};

/** A refusal or failure that a desktop answered, as a VitrineError that names the desktop. The text comes from the desktop and is made harmless. */
export function wireFailure(desktop: string, error: { readonly code: WireErrorCode; readonly message: string }): VitrineError {
  return new VitrineError(codes[error.code], `${desktop}: ${printable(error.message, 1000)}`);
}

/** Text from a desktop, on one line, without control and direction characters, at most `maxCharacters` long. */
export function printable(text: string, maxCharacters: number): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim().slice(0, maxCharacters);
}
