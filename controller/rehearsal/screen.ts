/** A rectangle in pixels of the picture. */
export type Box = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

export type Word = { readonly text: string; readonly box: Box };

/** Words that stand in one line. */
export type Line = { readonly words: readonly Word[] };

/** A picture of the screen that can be read. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  /** Everything that is written on it, top to bottom. Each attempt looks in another way than the one before; the first ways come round again. */
  lines(attempt: number): Promise<readonly Line[]>;
  /** One part of it, read at several sizes: the lines on which two readings agree exactly, or null if no two do. */
  readExactly(box: Box): Promise<readonly string[] | null>;
}
