import { describeCoordinates, spaceSize } from '../coordinates.ts';
import type { Coordinates, Shown } from '../coordinates.ts';
import type { FunctionTool } from '../desktop-functions.ts';
import { computerActions, qwenActions } from './action-names.ts';

const number = { type: 'number' } as const;

/** The screen as a function, for models that know no computer tool. */
export function computerFunction(frame: Shown, coordinates: Coordinates): FunctionTool {
  return {
    name: 'computer',
    description: `Controls the desktop, one action per call. ${describeCoordinates(frame, coordinates)} After your calls you are sent a new screenshot.`,
    parameters: {
      type: 'object',
      required: ['action'],
      additionalProperties: false,
      properties: {
        action: { type: 'string', enum: computerActions, description: 'done ends the task, with the final message in text.' },
        x: number,
        y: number,
        button: { type: 'string', enum: ['left', 'right', 'middle'], description: 'For click and drag; left if absent.' },
        path: { type: 'array', description: 'For drag: the points to pass through, at least two.', items: { type: 'object', required: ['x', 'y'], properties: { x: number, y: number } } },
        scroll_x: { type: 'integer', description: 'For scroll: + to the right; 100 is one notch of the wheel.' },
        scroll_y: { type: 'integer', description: 'For scroll: + down; 100 is one notch of the wheel.' },
        text: { type: 'string', description: 'For type, where a line break is Enter, and for done.' },
        keys: { type: 'array', items: { type: 'string' }, description: 'For keypress: one chord, such as ["ctrl", "s"]. For mouse actions: modifiers to hold.' },
        ms: { type: 'integer', description: 'For wait.' },
      },
    },
  };
}

/** The screen in the words that Qwen's models were trained on. */
export function qwenFunction(frame: Shown, coordinates: Coordinates): FunctionTool {
  const { width, height } = spaceSize(frame, coordinates);
  const resolution = coordinates.space === '0-1000' ? '1000x1000' : `${width}x${height}`;
  return {
    name: 'computer_use',
    description: [
      'Use a mouse and keyboard to interact with a computer, and take screenshots.',
      '* This is an interface to a desktop GUI.',
      '* Some applications may take time to start or process actions, so you may need to wait and see the next screenshot.',
      `* The screen's resolution is ${resolution}.`,
      '* Click on the centre of an element, not on its edge.',
    ].join('\n'),
    parameters: {
      type: 'object',
      required: ['action'],
      properties: {
        action: { type: 'string', enum: qwenActions, description: 'terminate ends the task; answer ends it with a text.' },
        keys: { type: 'array', description: 'Required only by `action=key`.' },
        text: { type: 'string', description: 'Required only by `action=type` and `action=answer`.' },
        coordinate: { type: 'array', description: '(x, y): pixels from the left and from the top edge.' },
        pixels: { type: 'number', description: 'The amount of scrolling. Positive values scroll up, negative values scroll down. Required only by `action=scroll` and `action=hscroll`.' },
        time: { type: 'number', description: 'The seconds to wait. Required only by `action=wait`.' },
        status: { type: 'string', enum: ['success', 'failure'], description: 'Required only by `action=terminate`.' },
      },
    },
  };
}
