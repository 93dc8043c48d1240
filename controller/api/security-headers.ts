import type { ReplyHeaders } from './reply.ts';

/** On every answer: nothing of it is kept, framed, sniffed, run, or readable by another site. */
export const securityHeaders: ReplyHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** On the console's page and files: its own scripts, styles and pictures, nothing from anywhere else, no frames, and no text that becomes markup or a script. */
export const consoleHeaders: ReplyHeaders = {
  ...securityHeaders,
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
};
