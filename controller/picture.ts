import type { Frame } from '../sandbox-image/wire/index.ts';

/** A frame with the bytes of its picture. */
export type Picture = { readonly frame: Frame; readonly bytes: Buffer };
