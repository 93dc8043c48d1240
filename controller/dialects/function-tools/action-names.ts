/** What the screen's function can be asked for. */
export type Wish =
  | { readonly kind: 'done' }
  | { readonly kind: 'screenshot' | 'move' | 'drag' | 'type' | 'keypress' | 'wait' | 'mouse_down' | 'mouse_up' | 'key_down' | 'key_up' }
  | { readonly kind: 'click'; readonly button?: 'left' | 'right' | 'middle'; readonly count: 1 | 2 | 3 }
  | { readonly kind: 'scroll'; readonly isSideways: boolean };

/** The names offered by the function `computer`. */
export const computerActions = ['screenshot', 'click', 'double_click', 'triple_click', 'move', 'drag', 'scroll', 'type', 'keypress', 'wait', 'done'] as const;

/** The names offered by Qwen's function `computer_use`. */
export const qwenActions = [
  'key', 'key_down', 'key_up', 'type', 'mouse_move', 'left_click', 'left_click_drag', 'right_click', 'middle_click', 'double_click', 'triple_click', 'scroll', 'hscroll', 'wait', 'terminate', 'answer',
] as const;

/** Both vocabularies and the usual spellings beside them: models keep to the one they were trained on. */
const wishes: Readonly<Record<string, Wish>> = {
  screenshot: { kind: 'screenshot' },
  click: { kind: 'click', count: 1 },
  left_click: { kind: 'click', button: 'left', count: 1 },
  right_click: { kind: 'click', button: 'right', count: 1 },
  middle_click: { kind: 'click', button: 'middle', count: 1 },
  double_click: { kind: 'click', count: 2 },
  triple_click: { kind: 'click', count: 3 },
  move: { kind: 'move' },
  mouse_move: { kind: 'move' },
  mouse_down: { kind: 'mouse_down' },
  left_mouse_down: { kind: 'mouse_down' },
  mouse_up: { kind: 'mouse_up' },
  left_mouse_up: { kind: 'mouse_up' },
  drag: { kind: 'drag' },
  left_click_drag: { kind: 'drag' },
  scroll: { kind: 'scroll', isSideways: false },
  hscroll: { kind: 'scroll', isSideways: true },
  type: { kind: 'type' },
  keypress: { kind: 'keypress' },
  key: { kind: 'keypress' },
  hotkey: { kind: 'keypress' },
  key_down: { kind: 'key_down' },
  key_up: { kind: 'key_up' },
  wait: { kind: 'wait' },
  done: { kind: 'done' },
  terminate: { kind: 'done' },
  answer: { kind: 'done' },
};

/** What a name asks for; undefined for one that nobody knows. */
export function wishOf(name: string): Wish | undefined {
  const folded = name.trim().toLowerCase().replaceAll(/[\s-]+/g, '_');
  return Object.hasOwn(wishes, folded) ? wishes[folded] : undefined;
}
