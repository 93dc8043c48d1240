// @ts-nocheck: this runs in a browser, inside a replay page (render-replay.ts), in one script with player.js.

/** An element of the page by its id. */
export const element = (id) => document.getElementById(id);

export function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function draw(parent, tag, attributes, text) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

export function span(ms) {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60000)} min ${Math.round((ms % 60000) / 1000)} s`;
}

export function clock(ms) {
  const whole = Math.max(0, ms);
  const minutes = Math.floor(whole / 60000);
  return `${String(minutes).padStart(2, '0')}:${((whole % 60000) / 1000).toFixed(1).padStart(4, '0')}`;
}

// Marks: what an action did, drawn where it did it, in screen pixels.

export function mark(overlay, { action, at, keys }, unit) {
  const target = action.x === undefined ? (action.type === 'drag' ? action.path[0] : at) : { x: action.x, y: action.y };
  const aimed = ['click', 'move', 'mouse_down', 'mouse_up', 'scroll', 'drag'].includes(action.type);
  if (aimed && target !== null) {
    if (at !== null && (at.x !== target.x || at.y !== target.y)) trail(overlay, at, target, unit);
    if (action.type === 'drag') drag(overlay, action.path, unit);
    else if (action.type === 'scroll') scroll(overlay, action, target, unit);
    else aim(overlay, action, target, unit);
  }
  if (action.type === 'zoom') frameRect(overlay, action.region, 'zoom', unit);
  strip(action, keys);
}

function trail(overlay, from, to, unit) {
  draw(overlay, 'line', { class: 'trail', x1: from.x, y1: from.y, x2: to.x, y2: to.y, 'stroke-dasharray': `${4 * unit} ${5 * unit}` });
  draw(overlay, 'circle', { class: 'trail-end', cx: from.x, cy: from.y, r: 3 * unit });
}

function aim(overlay, action, { x, y }, unit) {
  const rings = action.type === 'click' ? action.count : 1;
  const group = draw(overlay, 'g', { class: `aim aim-${action.button ?? 'none'}` });
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    draw(group, 'line', { class: 'halo', x1: x + dx * 7 * unit, y1: y + dy * 7 * unit, x2: x + dx * 22 * unit, y2: y + dy * 22 * unit });
    draw(group, 'line', { class: 'line', x1: x + dx * 7 * unit, y1: y + dy * 7 * unit, x2: x + dx * 22 * unit, y2: y + dy * 22 * unit });
  }
  draw(group, 'circle', { class: 'dot', cx: x, cy: y, r: 2.6 * unit });
  if (action.type === 'move') return;
  for (let ring = 0; ring < rings; ring += 1) {
    draw(group, 'circle', { class: 'halo', cx: x, cy: y, r: (13 + ring * 6) * unit });
    draw(group, 'circle', { class: 'line', cx: x, cy: y, r: (13 + ring * 6) * unit });
  }
  const pulse = draw(group, 'circle', { class: 'pulse', cx: x, cy: y, r: 13 * unit });
  pulse.style.transformOrigin = `${x}px ${y}px`;
  const words = [action.type === 'click' && action.count > 1 ? `×${action.count}` : '', action.button && action.button !== 'left' ? action.button : '', action.type === 'mouse_down' ? 'down' : '', action.type === 'mouse_up' ? 'up' : ''].filter(Boolean).join(' ');
  if (words) label(overlay, words, x + 26 * unit, y - 18 * unit, unit, 'tag-hot');
}

function drag(overlay, path, unit) {
  const points = path.map(({ x, y }) => `${x},${y}`).join(' ');
  draw(overlay, 'polyline', { class: 'halo', points });
  draw(overlay, 'polyline', { class: 'line', points });
  const end = path.at(-1);
  const from = path.findLast((each) => each.x !== end.x || each.y !== end.y) ?? path[0];
  draw(overlay, 'circle', { class: 'halo', cx: path[0].x, cy: path[0].y, r: 7 * unit });
  draw(overlay, 'circle', { class: 'line', cx: path[0].x, cy: path[0].y, r: 7 * unit });
  arrowHead(overlay, end, Math.atan2(end.y - from.y, end.x - from.x), unit);
}

function scroll(overlay, { dx, dy }, { x, y }, unit) {
  const angle = Math.atan2(dy, dx);
  const length = (34 + Math.min(60, 6 * Math.hypot(dx, dy))) * unit;
  const end = { x: x + Math.cos(angle) * length, y: y + Math.sin(angle) * length };
  draw(overlay, 'line', { class: 'halo', x1: x, y1: y, x2: end.x, y2: end.y });
  draw(overlay, 'line', { class: 'line', x1: x, y1: y, x2: end.x, y2: end.y });
  draw(overlay, 'circle', { class: 'dot', cx: x, cy: y, r: 4 * unit });
  arrowHead(overlay, end, angle, unit);
  label(overlay, `${Math.max(Math.abs(dx), Math.abs(dy))} notches`, x + 18 * unit, y - 8 * unit, unit, 'tag-hot');
}

function arrowHead(overlay, { x, y }, angle, unit) {
  const side = (turn) => `${x + Math.cos(angle + turn) * 14 * unit},${y + Math.sin(angle + turn) * 14 * unit}`;
  draw(overlay, 'polygon', { class: 'head', points: `${x},${y} ${side(Math.PI - 0.45)} ${side(Math.PI + 0.45)}` });
}

export function frameRect(overlay, { x, y, width, height }, kind, unit, words) {
  draw(overlay, 'rect', { class: `area area-${kind}`, x, y, width, height, rx: 3 * unit });
  if (words) label(overlay, words, x, y > 26 * unit ? y - 8 * unit : y + height + 20 * unit, unit, 'tag-cool');
}

function label(overlay, words, x, y, unit, className) {
  const box = overlay.viewBox.baseVal;
  const width = (words.length * 7.4 + 12) * unit;
  const left = Math.min(Math.max(x, box.x + 2 * unit), box.x + box.width - width - 2 * unit);
  const base = Math.min(Math.max(y, box.y + 18 * unit), box.y + box.height - 6 * unit);
  draw(overlay, 'rect', { class: `tag ${className}`, x: left, y: base - 14 * unit, width, height: 19 * unit, rx: 4 * unit });
  draw(overlay, 'text', { class: 'tag-text', x: left + 6 * unit, y: base, 'font-size': 12 * unit }, words);
}

// What has no place on the screen, keys and texts, lies on a strip at its lower edge.

function strip(action, keys) {
  const node = element('strip');
  if (action.type === 'type') {
    node.append(make('span', 'verb', 'types'));
    const text = make('span', 'typed', action.text.length > 400 ? `${action.text.slice(0, 400)}…` : action.text);
    text.append(make('i', 'caret'));
    node.append(text);
  } else if (keys !== null) {
    if (action.type !== 'key') node.append(make('span', 'verb', { key_down: 'holds down', key_up: 'lets go of' }[action.type] ?? 'holds'));
    for (const [index, key] of keys.split('+').entries()) {
      if (index > 0) node.append(make('span', 'plus', '+'));
      node.append(make('kbd', '', key));
    }
    if (action.repeat > 1) node.append(make('span', 'verb', `× ${action.repeat}`));
    if (action.type === 'hold') node.append(make('span', 'verb', span(action.ms)));
  } else if (action.type === 'wait') {
    node.append(make('span', 'verb', `waits ${span(action.ms)}`));
  } else if (action.type === 'screenshot' || action.type === 'cursor') {
    node.append(make('span', 'verb', action.type === 'cursor' ? 'asks where the pointer is' : 'looks'));
  } else return;
  node.hidden = false;
}
