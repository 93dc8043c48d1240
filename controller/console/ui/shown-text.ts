/**
 * Signs that nobody sees and that change how what stands around them looks: controls, overrides and isolates of the
 * direction of writing (UAX #9), invisible letters and fillers, tags. Joiners and marks of direction stay where words are: scripts
 * and pictograms are made of them.
 */
const hidden = /[\0-\u{8}\v\f\u{E}-\u{1F}\u{7F}-\u{9F}\u{AD}\u{34F}\u{61C}\u{115F}\u{1160}\u{17B4}\u{17B5}\u{180B}-\u{180F}\u{200B}\u{2028}-\u{202E}\u{2060}-\u{206F}\u{3164}\u{FEFF}\u{FFA0}\u{FFF0}-\u{FFFB}\u{13430}-\u{1343F}\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/gu;
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
