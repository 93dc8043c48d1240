import type { ReceivedProblem } from './received-task.ts';

const maxPictureLength = 12_000_000;
/** How the base64 of each format begins: PNG, JPEG, GIF, WebP. */
const beginnings: Readonly<Record<string, string>> = { 'image/png': 'iVBORw0KGgo', 'image/jpeg': '/9j/', 'image/gif': 'R0lGOD', 'image/webp': 'UklGR' };

/**
 * A picture that a request carries, as a `data:` URL: PNG, JPEG, GIF or WebP, whole and not empty. Addresses are not
 * fetched: a server that fetches what a stranger names can be led anywhere.
 */
export function readPicture(url: unknown, param: string): { readonly url: string } | { readonly problem: ReceivedProblem } {
  const refuse = (message: string, code = 'invalid_base64_image') => ({ problem: { message: `Invalid '${param}'. ${message}`, param, code } });
  if (typeof url !== 'string') return refuse('Expected a data: URL of a picture.', 'invalid_image_url');
  if (url.length > maxPictureLength) return refuse(`A picture may have at most ${maxPictureLength} characters.`, 'image_file_too_large');
  const [head = '', mediaType = ''] = /^data:(image\/[a-z]{3,8});base64,/.exec(url.slice(0, 60)) ?? [];
  if (head === '') return refuse('Pictures are taken as data: URLs with base64 only; no address is fetched.', 'invalid_image_url');
  const beginning = beginnings[mediaType];
  if (beginning === undefined) return refuse(`${mediaType} is not taken: send PNG, JPEG, GIF or WebP.`, 'unsupported_image_media_type');
  if (!url.startsWith(beginning, head.length) || !/^[A-Za-z0-9+/]+={0,2}$/.test(url.slice(head.length))) return refuse(`Its bytes are empty, or not those of ${mediaType} in base64.`);
  return { url };
}
