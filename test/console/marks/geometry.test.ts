import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { effectShapes, marksOf } from '../../../controller/console/marks/geometry.ts';
import type { Action, Shape, Spot } from '../../../controller/console/marks/shape.ts';
import { Action as WireAction } from '../../../sandbox-image/wire/index.ts';
import type { ActionInput } from '../../../sandbox-image/wire/index.ts';

const display = { width: 1280, height: 800 };
const actionsOf = (...inputs: readonly ActionInput[]): Action[] => inputs.map((input) => WireAction.parse(input));
const drawn = (...inputs: readonly ActionInput[]) => marksOf(actionsOf(...inputs), { display });
const ofKind = <Kind extends Shape['kind']>(shapes: readonly Shape[], kind: Kind) => shapes.filter((shape): shape is Extract<Shape, { kind: Kind }> => shape.kind === kind);

describe('marksOf', () => {
  it('draws a click where it lands, with as many rings as clicks', () => {
    const [mark] = drawn({ type: 'click', x: 412, y: 300, count: 2 });
    const rings = ofKind(mark?.shapes ?? [], 'circle').filter(({ role }) => role === 'ring');
    assert.deepEqual(rings.map(({ centre }) => centre), [{ x: 412, y: 300 }, { x: 412, y: 300 }]);
    assert.ok((rings[0]?.radius ?? 0) < (rings[1]?.radius ?? 0));
    assert.deepEqual(ofKind(mark?.shapes ?? [], 'plate').map(({ words }) => words), ['×2']);
  });

  it('draws a drag along its whole way, its arrow in the direction of the last piece that has one', () => {
    const path = [{ x: 100, y: 100 }, { x: 300, y: 100 }, { x: 300, y: 400 }, { x: 300, y: 400 }];
    const [mark] = drawn({ type: 'drag', path });
    assert.deepEqual(ofKind(mark?.shapes ?? [], 'line').filter(({ role }) => role === 'way').map(({ points }) => points), [path]);
    const [head] = ofKind(mark?.shapes ?? [], 'head');
    const [tip, left, right] = head?.points ?? [];
    assert.deepEqual(tip, { x: 300, y: 400 });
    assert.ok((left?.y ?? 999) < 400 && (right?.y ?? 999) < 400, 'it points down');
  });

  it('points a scroll where the page goes, longer for more notches', () => {
    const [down, more, left] = drawn({ type: 'scroll', x: 600, y: 400, dy: 1 }, { type: 'scroll', x: 600, y: 400, dy: 8 }, { type: 'scroll', x: 600, y: 400, dx: -2 }).map(({ shapes }) => ofKind(shapes, 'head')[0]?.points[0]);
    assert.ok(down !== undefined && more !== undefined && left !== undefined);
    assert.ok(Math.abs(down.x - 600) < 0.001 && down.y > 400 && more.y > down.y);
    assert.ok(left.x < 600 && Math.abs(left.y - 400) < 0.001);
  });

  it('follows the pointer from action to action, and draws what names no place where it was left', () => {
    const marks = marksOf(actionsOf({ type: 'move', x: 50, y: 60 }, { type: 'type', text: 'x' }, { type: 'click' }, { type: 'drag', path: [{ x: 5, y: 5 }, { x: 9, y: 9 }] }, { type: 'mouse_up' }), { display, pointer: { x: 1, y: 2 } });
    assert.deepEqual(marks.map(({ pointer }) => pointer), [{ x: 50, y: 60 }, { x: 50, y: 60 }, { x: 50, y: 60 }, { x: 9, y: 9 }, { x: 9, y: 9 }]);
    assert.deepEqual(ofKind(marks[0]?.shapes ?? [], 'line').find(({ role }) => role === 'trail')?.points, [{ x: 1, y: 2 }, { x: 50, y: 60 }]);
    assert.deepEqual(ofKind(marks[2]?.shapes ?? [], 'circle').find(({ role }) => role === 'dot')?.centre, { x: 50, y: 60 });
    assert.deepEqual(ofKind(marks[2]?.shapes ?? [], 'line').filter(({ role }) => role === 'trail'), [], 'it stays where it is');
  });

  it('draws nothing for a click of which nobody knows where the pointer is', () => {
    assert.deepEqual(drawn({ type: 'click' }).map(({ shapes }) => shapes), [[]]);
  });

  it('numbers several actions and never a single one', () => {
    const numbers = (shapes: readonly Shape[]) => ofKind(shapes, 'plate').filter(({ role }) => role === 'order').map(({ words }) => words);
    assert.deepEqual(drawn({ type: 'click', x: 9, y: 9 }, { type: 'type', text: 'x' }, { type: 'click', x: 90, y: 9 }).map(({ shapes }) => numbers(shapes)), [['1'], [], ['3']]);
    assert.deepEqual(drawn({ type: 'click', x: 9, y: 9 }).map(({ shapes }) => numbers(shapes)), [[]]);
  });

  it('says in a caption what has no place on the screen', () => {
    const captions = drawn({ type: 'type', text: 'rm all\n' }, { type: 'key', keys: ['ctrl', 'l'], repeat: 3 }, { type: 'hold', keys: ['shift'], ms: 1500 }, { type: 'click', x: 1, y: 1 }, { type: 'click', x: 1, y: 1, modifiers: ['ctrl'] }).map(({ caption }) => caption);
    assert.deepEqual(captions, [
      { kind: 'text', text: 'rm all\n' },
      { kind: 'keys', verb: 'presses', keys: ['Ctrl', 'L'], after: '× 3' },
      { kind: 'keys', verb: 'holds', keys: ['Shift'], after: '1.5 s' },
      null,
      { kind: 'keys', verb: 'holding', keys: ['Ctrl'], after: '' },
    ]);
  });

  it('keeps every plate on the screen, however small it is shown', () => {
    const spots = fc.record({ x: fc.integer({ min: 0, max: display.width - 1 }), y: fc.integer({ min: 0, max: display.height - 1 }) });
    fc.assert(fc.property(fc.array(spots, { minLength: 1, maxLength: 12 }), fc.double({ min: 0.5, max: 4, noNaN: true }), (path: Spot[], unit) => {
      const marks = marksOf(actionsOf(...path.map((spot): ActionInput => ({ type: 'click', ...spot, button: 'right', count: 3 }))), { display, unit, isNumbered: true });
      const plates = marks.flatMap(({ shapes }) => ofKind(shapes, 'plate'));
      assert.equal(plates.length, path.length * 2);
      for (const { area } of plates) assert.ok(area.x >= 0 && area.y >= 0 && area.x + area.width <= display.width && area.y + area.height <= display.height, JSON.stringify(area));
    }));
  });
});

describe('effectShapes', () => {
  it('frames what changed and puts its words above, or below where there is no room', () => {
    const [area, above] = effectShapes({ x: 100, y: 100, width: 50, height: 40 }, 'changed', display);
    assert.deepEqual(area, { kind: 'area', role: 'effect', area: { x: 100, y: 100, width: 50, height: 40 } });
    assert.ok(above?.kind === 'plate' && above.area.y + above.area.height <= 100);
    const [, below] = effectShapes({ x: 100, y: 4, width: 50, height: 40 }, 'changed', display);
    assert.ok(below?.kind === 'plate' && below.area.y >= 44);
  });
});
