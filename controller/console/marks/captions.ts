import { duration, keyName } from '../../api/plain-words.ts';
import { shownCode } from '../ui/shown-text.ts';
import type { Action, Caption } from './shape.ts';

/** What of an action has no place on the screen; null where its mark says everything. */
export function captionOf(action: Action): Caption | null {
  switch (action.type) {
    case 'type': return { kind: 'text', text: action.text };
    case 'key': return { kind: 'keys', verb: 'presses', keys: action.keys.map(keyName), after: action.repeat > 1 ? `× ${action.repeat}` : '' };
    case 'key_down': return { kind: 'keys', verb: 'holds down', keys: [keyName(action.key)], after: '' };
    case 'key_up': return { kind: 'keys', verb: 'lets go of', keys: [keyName(action.key)], after: '' };
    case 'hold': return { kind: 'keys', verb: 'holds', keys: action.keys.map(keyName), after: duration(action.ms) };
    case 'wait': return { kind: 'words', words: `waits ${duration(action.ms)}` };
    case 'screenshot': return { kind: 'words', words: 'looks' };
    case 'cursor': return { kind: 'words', words: 'asks where the pointer is' };
    case 'click':
    case 'drag':
    case 'scroll':
    case 'move': return action.modifiers.length === 0 ? null : { kind: 'keys', verb: 'holding', keys: action.modifiers.map(keyName), after: '' };
    case 'mouse_down':
    case 'mouse_up':
    case 'zoom': return null;
  }
}

/** A text as it is shown: what cannot be seen stands as signs, with the break that a line feed makes. */
export function visibleText(text: string): string {
  return shownCode(text).replaceAll('\t', '⇥').replaceAll('\n', '⏎\n').replace(/\n$/, '');
}
