import { keyName } from '../../api/plain-words.ts';
import { captionOf } from './captions.ts';
import type { Action, Area, Mark, Shape, Size, Spot } from './shape.ts';

/** How marks are drawn. */
export type MarksOptions = {
  readonly display: Size;
  /** Where the pointer is before the first action. */
  readonly pointer?: Spot | null;
  /** Pixels of the screen for one of the page, so that marks are as large on a small picture as on a large one. */
  readonly unit?: number;
  /** Whether each mark carries its number; of no use for a single action. */
  readonly isNumbered?: boolean;
};

const plateHeight = 19;
const characterWidth = 7.4;
const platePadding = 12;

/** Marks for actions that follow each other: one that names no place is drawn where those before it leave the pointer. Pure. */
export function marksOf(actions: readonly Action[], { display, pointer = null, unit = 1, isNumbered = actions.length > 1 }: MarksOptions): readonly Mark[] {
  const marks: Mark[] = [];
  let at = pointer;
  for (const [index, action] of actions.entries()) {
    const shapes = shapesOf(action, at, display, unit);
    const spot = startOf(action, at);
    const numbered = isNumbered && spot !== null && shapes.length > 0 ? [...shapes, orderPlate(spot, index + 1, display, unit)] : shapes;
    at = pointerAfter(action, at);
    marks.push({ index, action, shapes: numbered, caption: captionOf(action), pointer: at });
  }
  return marks;
}

/** The rectangle that an action changed, with its words. */
export function effectShapes(area: Area, words: string, display: Size, unit = 1): readonly Shape[] {
  const above = area.y > 26 * unit;
  const at = { x: area.x, y: above ? area.y - 22 * unit : area.y + area.height + 4 * unit };
  return [{ kind: 'area', role: 'effect', area }, ...(words === '' ? [] : [plate('note', words, at, display, unit)])];
}

/** Where the pointer is after an action, given where it was. */
export function pointerAfter(action: Action, before: Spot | null): Spot | null {
  if (action.type === 'drag') return action.path.at(-1) ?? before;
  return aims.has(action.type) ? startOf(action, before) : before;
}

const aims: ReadonlySet<Action['type']> = new Set(['move', 'click', 'mouse_down', 'mouse_up', 'scroll', 'drag']);

/** Where an action begins; null for one that has no place on the screen. */
function startOf(action: Action, pointer: Spot | null): Spot | null {
  if (action.type === 'drag') return action.path[0] ?? null;
  if (action.type === 'zoom') return { x: action.region.x, y: action.region.y };
  if (!aims.has(action.type)) return null;
  return 'x' in action && action.x !== undefined && action.y !== undefined ? { x: action.x, y: action.y } : pointer;
}

function shapesOf(action: Action, pointer: Spot | null, display: Size, unit: number): readonly Shape[] {
  const target = startOf(action, pointer);
  if (target === null) return [];
  const trail = trailTo(target, action.type === 'zoom' ? null : pointer, unit);
  switch (action.type) {
    case 'zoom': return [{ kind: 'area', role: 'look', area: action.region }];
    case 'drag': return [...trail, ...dragShapes(action.path, unit)];
    case 'scroll': return [...trail, ...scrollShapes(action, target, display, unit)];
    case 'move': return [...trail, ...cross(target, unit)];
    case 'click': return [...trail, ...cross(target, unit), ...rings(target, action.count, unit), ...notes(clickNote(action), target, display, unit)];
    case 'mouse_down': return [...trail, ...cross(target, unit), ...rings(target, 1, unit), ...notes(`${action.button} down`, target, display, unit)];
    case 'mouse_up': return [...trail, ...cross(target, unit), ...rings(target, 1, unit), ...notes(`${action.button} up`, target, display, unit)];
    case 'screenshot':
    case 'type':
    case 'key':
    case 'key_down':
    case 'key_up':
    case 'hold':
    case 'wait':
    case 'cursor': return [];
  }
}

function trailTo(target: Spot, from: Spot | null, unit: number): readonly Shape[] {
  if (from === null || (from.x === target.x && from.y === target.y)) return [];
  return [{ kind: 'line', role: 'trail', points: [from, target] }, { kind: 'circle', role: 'trailStart', centre: from, radius: 3 * unit }];
}

function cross({ x, y }: Spot, unit: number): readonly Shape[] {
  const arms = [[1, 0], [-1, 0], [0, 1], [0, -1]] as const;
  const lines = arms.map(([dx, dy]): Shape => ({ kind: 'line', role: 'cross', points: [{ x: x + dx * 7 * unit, y: y + dy * 7 * unit }, { x: x + dx * 22 * unit, y: y + dy * 22 * unit }] }));
  return [...lines, { kind: 'circle', role: 'dot', centre: { x, y }, radius: 2.6 * unit }];
}

function rings(centre: Spot, count: number, unit: number): readonly Shape[] {
  const all = Array.from({ length: count }, (_, ring): Shape => ({ kind: 'circle', role: 'ring', centre, radius: (13 + ring * 6) * unit }));
  return [...all, { kind: 'circle', role: 'pulse', centre, radius: 13 * unit }];
}

function clickNote({ button, count, modifiers }: Extract<Action, { type: 'click' }>): string {
  return [...modifiers.map(keyName), button === 'left' ? '' : button, count > 1 ? `×${count}` : ''].filter((word) => word !== '').join(' ');
}

function dragShapes(path: readonly Spot[], unit: number): readonly Shape[] {
  const [start] = path;
  const end = path.at(-1);
  if (start === undefined || end === undefined) return [];
  const before = path.findLast((each) => each.x !== end.x || each.y !== end.y) ?? start;
  return [
    { kind: 'line', role: 'way', points: path },
    { kind: 'circle', role: 'ring', centre: start, radius: 7 * unit },
    head(end, Math.atan2(end.y - before.y, end.x - before.x), unit),
  ];
}

function scrollShapes({ dx, dy }: Extract<Action, { type: 'scroll' }>, from: Spot, display: Size, unit: number): readonly Shape[] {
  const angle = Math.atan2(dy, dx);
  const length = (34 + Math.min(60, 6 * Math.hypot(dx, dy))) * unit;
  const end = { x: from.x + Math.cos(angle) * length, y: from.y + Math.sin(angle) * length };
  const notches = Math.max(Math.abs(dx), Math.abs(dy));
  return [
    { kind: 'line', role: 'way', points: [from, end] },
    { kind: 'circle', role: 'dot', centre: from, radius: 4 * unit },
    head(end, angle, unit),
    ...notes(`${notches} ${notches === 1 ? 'notch' : 'notches'}`, from, display, unit),
  ];
}

function head(tip: Spot, angle: number, unit: number): Shape {
  const side = (turn: number): Spot => ({ x: tip.x + Math.cos(angle + turn) * 14 * unit, y: tip.y + Math.sin(angle + turn) * 14 * unit });
  return { kind: 'head', points: [tip, side(Math.PI - 0.45), side(Math.PI + 0.45)] };
}

function notes(words: string, { x, y }: Spot, display: Size, unit: number): readonly Shape[] {
  return words === '' ? [] : [plate('note', words, { x: x + 26 * unit, y: y - 32 * unit }, display, unit)];
}

/** Upper left of the target, where notes are not. */
function orderPlate({ x, y }: Spot, order: number, display: Size, unit: number): Shape {
  const width = plateWidth(String(order), unit);
  return plate('order', String(order), { x: x - 18 * unit - width, y: y - 32 * unit }, display, unit);
}

function plate(role: 'order' | 'note', words: string, at: Spot, display: Size, unit: number): Shape {
  const width = plateWidth(words, unit);
  const height = plateHeight * unit;
  const within = (value: number, max: number) => Math.max(2 * unit, Math.min(value, max - 2 * unit));
  return { kind: 'plate', role, words, area: { x: within(at.x, display.width - width), y: within(at.y, display.height - height), width, height } };
}

function plateWidth(words: string, unit: number): number {
  return ([...words].length * characterWidth + platePadding) * unit;
}
