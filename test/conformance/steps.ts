import { clicked, dragged, pressed, scrolled } from './step.ts';
import type { At, Step } from './step.ts';

/* What models say in these tests, dialect by dialect: every action, each button, held keys, text beyond ASCII. Neighbouring clicks lie apart, or toolkits would count them together. */

const text = 'grüße 你';
const typed = ['g', 'r', 'udiaeresis', 'ssharp', 'e', 'space', 'U+4F60'];

/** Actions of the Responses API's computer tool, GA and preview. */
export function openaiSteps(at: At): Step[] {
  const click = (button: string, number: 1 | 2 | 3 | 8 | 9, x: number): Step => ({ action: 'click', says: { type: 'click', button, x, y: 300 }, sees: clicked(at(x, 300), { button: number }) });
  return [
    { action: 'screenshot', says: { type: 'screenshot' }, sees: [] },
    { action: 'move', says: { type: 'move', x: 333, y: 222 }, sees: [`motion ${at(333, 222)}`] },
    click('left', 1, 100), click('right', 3, 200), click('wheel', 2, 300), click('back', 8, 400), click('forward', 9, 500),
    { action: 'click', says: { type: 'click', button: 'left', x: 600, y: 310, keys: ['CTRL', 'SHIFT'] }, sees: clicked(at(600, 310), { held: ['ctrl', 'shift'] }) },
    { action: 'double_click', says: { type: 'double_click', x: 700, y: 320, keys: null }, sees: clicked(at(700, 320), { times: 2 }) },
    { action: 'drag', says: { type: 'drag', path: [{ x: 100, y: 400 }, { x: 250, y: 450 }, { x: 400, y: 400 }], keys: ['SHIFT'] }, sees: dragged(at(100, 400), at(400, 400), ['shift']) },
    { action: 'scroll', says: { type: 'scroll', x: 450, y: 350, scroll_x: 0, scroll_y: 280 }, sees: scrolled(at(450, 350), 'down', 3) },
    { action: 'scroll', says: { type: 'scroll', x: 460, y: 350, scroll_x: -100, scroll_y: 0, keys: ['CTRL'] }, sees: scrolled(at(460, 350), 'left', 1, ['ctrl']) },
    /* A hundred pixels are one notch, to the pixel. */
    { action: 'scroll', says: { type: 'scroll', x: 470, y: 350, scroll_x: 0, scroll_y: 1049 }, sees: scrolled(at(470, 350), 'down', 10) },
    { action: 'scroll', says: { type: 'scroll', x: 480, y: 350, scroll_x: 0, scroll_y: -1050 }, sees: scrolled(at(480, 350), 'up', 11) },
    { action: 'keypress', says: { type: 'keypress', keys: ['CTRL', 'A'] }, sees: pressed(['a'], ['ctrl']) },
    { action: 'keypress', says: { type: 'keypress', keys: ['PAGEDOWN'] }, sees: pressed(['Page_Down']) },
    { action: 'type', says: { type: 'type', text: `${text}\n` }, sees: pressed([...typed, 'Return']) },
    { action: 'wait', says: { type: 'wait' }, sees: [] },
  ];
}

/** Actions of the function `computer`; `done` ends the task. */
export function computerSteps(at: At): Step[] {
  return [
    { action: 'screenshot', says: { action: 'screenshot' }, sees: [] },
    { action: 'move', says: { action: 'move', x: 333, y: 222 }, sees: [`motion ${at(333, 222)}`] },
    { action: 'click', says: { action: 'click', x: 100, y: 300 }, sees: clicked(at(100, 300)) },
    { action: 'click', says: { action: 'click', x: 200, y: 300, button: 'right' }, sees: clicked(at(200, 300), { button: 3 }) },
    { action: 'click', says: { action: 'click', coordinate: ['300', '300.7'], button: 'middle' }, sees: clicked(at(300, 300), { button: 2 }) },
    { action: 'click', says: { action: 'click', x: 600, y: 310, keys: ['ctrl', 'shift'] }, sees: clicked(at(600, 310), { held: ['ctrl', 'shift'] }) },
    { action: 'double_click', says: { action: 'double_click', x: 700, y: 320 }, sees: clicked(at(700, 320), { times: 2 }) },
    { action: 'triple_click', says: { action: 'triple_click', x: 500, y: 320 }, sees: clicked(at(500, 320), { times: 3 }) },
    { action: 'drag', says: { action: 'drag', path: [{ x: 100, y: 400 }, { x: 250, y: 450 }, { x: 400, y: 400 }] }, sees: dragged(at(100, 400), at(400, 400)) },
    { action: 'scroll', says: { action: 'scroll', x: 450, y: 350, scroll_y: -200 }, sees: scrolled(at(450, 350), 'up', 2) },
    { action: 'scroll', says: { action: 'scroll', x: 460, y: 350, scroll_x: 100, keys: ['shift'] }, sees: scrolled(at(460, 350), 'right', 1, ['shift']) },
    { action: 'type', says: { action: 'type', text: `${text}\n` }, sees: pressed([...typed, 'Return']) },
    { action: 'keypress', says: { action: 'keypress', keys: ['ctrl', 'a'] }, sees: pressed(['a'], ['ctrl']) },
    { action: 'wait', says: { action: 'wait', ms: 150 }, sees: [] },
  ];
}

/** Actions of Qwen's function `computer_use`; `terminate` and `answer` end the task. */
export function qwenSteps(at: At): Step[] {
  return [
    { action: 'mouse_move', says: { action: 'mouse_move', coordinate: [333, 222] }, sees: [`motion ${at(333, 222)}`] },
    { action: 'left_click', says: { action: 'left_click', coordinate: [100, 300] }, sees: clicked(at(100, 300)) },
    { action: 'right_click', says: { action: 'right_click', coordinate: [200, 300] }, sees: clicked(at(200, 300), { button: 3 }) },
    { action: 'middle_click', says: { action: 'middle_click', coordinate: [300, 300] }, sees: clicked(at(300, 300), { button: 2 }) },
    { action: 'double_click', says: { action: 'double_click', coordinate: [700, 320] }, sees: clicked(at(700, 320), { times: 2 }) },
    { action: 'triple_click', says: { action: 'triple_click', coordinate: [500, 320] }, sees: clicked(at(500, 320), { times: 3 }) },
    { action: 'left_click_drag', says: { action: 'left_click_drag', coordinate: [400, 420] }, sees: dragged(at(500, 320), at(400, 420)) },
    { action: 'scroll', says: { action: 'scroll', coordinate: [450, 350], pixels: 200 }, sees: scrolled(at(450, 350), 'up', 2) },
    { action: 'scroll', says: { action: 'scroll', pixels: -100 }, sees: scrolled(at(450, 350), 'down', 1) },
    { action: 'hscroll', says: { action: 'hscroll', pixels: 100 }, sees: scrolled(at(450, 350), 'right', 1) },
    { action: 'key_down', says: { action: 'key_down', keys: ['shift'] }, sees: ['keydown Shift_L'] },
    { action: 'key_up', says: { action: 'key_up', keys: ['shift'] }, sees: ['keyup Shift_L shift'] },
    { action: 'key', says: { action: 'key', keys: ['ctrl', 'a'] }, sees: pressed(['a'], ['ctrl']) },
    { action: 'type', says: { action: 'type', text }, sees: pressed(typed) },
    { action: 'wait', says: { action: 'wait', time: 0.15 }, sees: [] },
  ];
}

/** Actions of UI-TARS, as it writes them; `finished` and `call_user` end the task. */
export function uiTarsSteps(at: At): Step[] {
  return [
    { action: 'click', says: "click(start_box='(100,300)')", sees: clicked(at(100, 300)) },
    { action: 'left_single', says: "left_single(start_box='<|box_start|>(200,300)<|box_end|>')", sees: clicked(at(200, 300)) },
    { action: 'left_double', says: "left_double(start_box='[300, 296, 310, 304]')", sees: clicked(at(305, 300), { times: 2 }) },
    { action: 'right_single', says: "right_single(start_box='(400,300)')", sees: clicked(at(400, 300), { button: 3 }) },
    { action: 'drag', says: "drag(start_box='(100,400)', end_box='(400,420)')", sees: dragged(at(100, 400), at(400, 420)) },
    { action: 'hotkey', says: "hotkey(key='ctrl a')", sees: pressed(['a'], ['ctrl']) },
    { action: 'type', says: `type(content='${text}\\n')`, sees: pressed([...typed, 'Return']) },
    { action: 'scroll', says: "scroll(start_box='(450,350)', direction='down')", sees: scrolled(at(450, 350), 'down', 5) },
    { action: 'wait', says: 'wait()', sees: [] },
  ];
}
