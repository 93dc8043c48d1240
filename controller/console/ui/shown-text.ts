/**
 * Signs that nobody sees and that change how what stands around them looks: controls, overrides and isolates of the
 * direction of writing (UAX #9), invisible letters and fillers, tags. Joiners and marks of direction stay where words are: scripts
 * and pictograms are made of them.
 */
const hidden = /(?![\t\n\r\u{200C}-\u{200F}]|[\u{FE00}-\u{FE0F}])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u{FFF9}-\u{FFFB}]/gu;
/** What is executed as it stands has no use for these either, but within pictograms. */
const hiddenInCode = /[\r\u{200C}\u{200E}\u{200F}]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\u{FE0F}])\u{200D}|(?<!\p{Extended_Pictographic})[\u{FE00}-\u{FE0F}]/gu;

/** A text as it may stand on a page whoever wrote it: what is hidden in it is named, `⟨U+202E⟩`. */
export function shownText(text: string): string {
  return text.replaceAll(hidden, nameOf);
}

/** The same for what is typed or run exactly as it stands, where no hidden sign is harmless. */
export function shownCode(text: string): string {
  return shownText(text).replaceAll(hiddenInCode, nameOf);
}

function nameOf(sign: string): string {
  return `⟨U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
