/** Where keys write or choose something: what is pressed there is meant for it, and for nothing else. */
const takesKeys = 'input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, canvas, [contenteditable]:not([contenteditable=false]), [data-takes-keys]';

/** Whether the focus is on something that takes keys for itself. */
export function isTyping(focused: Element | null): boolean {
  return focused !== null && focused.closest(takesKeys) !== null;
}

export type Box = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };

/** Whether two boxes of the page overlap. */
export function overlaps(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
