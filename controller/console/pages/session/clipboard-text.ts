/** What the clipboard of a desktop holds at most, in bytes of UTF-8. */
export const maxClipboardBytes = 64 * 1024;

/** Why a text cannot go onto a desktop's clipboard, in words; null if it can. */
export function clipboardProblem(text: string): string | null {
  const bytes = new TextEncoder().encode(text).length;
  return bytes <= maxClipboardBytes ? null : `${bytes} bytes; the clipboard takes ${maxClipboardBytes}: upload it as a file instead`;
}
