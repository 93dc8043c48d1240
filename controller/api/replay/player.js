// @ts-nocheck: this runs in a browser, inside a replay page (render-replay.ts), in one script with player-marks.js.
import { clock, element, frameRect, make, mark, span } from './player-marks.js';

const film = JSON.parse(document.getElementById('film').textContent);
const { run, scenes, frames, states, control } = film;
const began = scenes.length > 0 ? scenes[0].at : run.createdAt;
const parts = [['model', 'modelMs'], ['input', 'inputMs'], ['settle', 'settleMs'], ['capture', 'captureMs'], ['relay', 'relayMs'], ['queue', 'queueMs']];

// A beat is what one press of the arrow key shows: a scene, or its frame before and its frame after.
const beats = film.beats.map(({ scene, phase, at }) => ({ scene: scenes[scene], index: scene, phase, at }));
let position = 0;
let playing = null;
let speed = 1;
let marksShown = true;

const pictureOf = new Map();
for (const script of document.querySelectorAll('script[data-frame]')) pictureOf.set(script.dataset.frame, script);

function sourceOf(frameId) {
  const script = pictureOf.get(frameId);
  return script === undefined ? null : `data:image/${script.dataset.format};base64,${script.textContent}`;
}

if (run.picturesRemovedAt !== undefined) {
  element('missing').textContent = `The pictures of this run were removed on ${new Date(run.picturesRemovedAt).toISOString().slice(0, 10)} to make room.`;
}

// One beat on the stage.

function show(next) {
  position = Math.min(Math.max(next, 0), beats.length - 1);
  const beat = beats[position];
  if (beat === undefined) return;
  const { scene, phase } = beat;
  stage(scene, phase);
  caption(scene, phase);
  element('counter').textContent = `${position + 1} / ${beats.length}`;
  element('clock').textContent = `t+${clock(beat.at - began)}`;
  element('scrubber').value = String(position);
  element('scrubber').setAttribute('aria-valuetext', scene.title);
  element('head').style.left = `${((position + 0.5) / beats.length) * 100}%`;
  for (const [index, node] of sceneNodes.entries()) {
    node.classList.toggle('is-now', index === beat.index);
    node.classList.toggle('is-past', index < beat.index);
  }
  const node = sceneNodes[beat.index];
  const list = element('scenes');
  const top = node.offsetTop - list.offsetTop;
  if (top < list.scrollTop + 40 || top + node.offsetHeight > list.scrollTop + list.clientHeight - 40) list.scrollTop = top - list.clientHeight / 3;
}

function stage(scene, phase) {
  const frameId = phase === 'after' ? scene.after : (scene.before ?? scene.after);
  const frame = frameId === null ? undefined : frames[frameId];
  const source = frame === undefined ? null : sourceOf(frameId);
  const picture = element('picture');
  const overlay = element('overlay');
  overlay.replaceChildren();
  element('strip').replaceChildren();
  element('strip').hidden = true;
  element('missing').hidden = source !== null;
  picture.hidden = source === null;
  const region = frame?.region ?? { x: 0, y: 0, width: 1280, height: 800 };
  element('glass').style.aspectRatio = `${region.width} / ${region.height}`;
  overlay.setAttribute('viewBox', `${region.x} ${region.y} ${region.width} ${region.height}`);
  const unit = Math.max(region.width, region.height) / 1180;
  overlay.style.setProperty('--unit', String(unit));
  if (source !== null && picture.src !== source) picture.src = source;
  element('glass').dataset.tone = scene.tone;
  element('glass').dataset.phase = phase;
  if (!marksShown) return;
  if (scene.mark !== null && phase === 'before') mark(overlay, scene.mark, unit);
  if (phase === 'after' && scene.outcome !== null && scene.outcome.effect.kind === 'changed') {
    const { region: area, share } = scene.outcome.effect;
    frameRect(overlay, area, 'effect', unit, `${share < 0.001 ? '<0.1' : (share * 100).toFixed(1)} % changed`);
  }
}

function caption(scene, phase) {
  const turn = scene.turn > 0 ? `turn ${scene.turn}` : '';
  const words = { before: 'decided on this', after: 'what came of it', still: scene.kind }[phase];
  element('phase').textContent = [turn, words].filter(Boolean).join(' · ');
  element('title').textContent = scene.title;
  element('text').textContent = scene.kind === 'action' && phase === 'before' && scene.after !== null ? '' : scene.text;
  element('caption').dataset.tone = scene.tone;
}

// Log, tape, head: built once.

const glyphs = { task: '◆', turn: '✦', action: '›', approval: '⚖', note: '✎', network: '⇅', person: '☻', control: '⇄', desktop: '▣', failure: '!', answer: '■' };
const sceneNodes = scenes.map((scene, index) => {
  const node = make('li', `scene scene-${scene.kind} tone-${scene.tone}`);
  const button = make('button', 'scene-button');
  button.type = 'button';
  button.append(make('span', 'scene-time', clock(scene.at - began)), make('span', 'scene-glyph', glyphs[scene.kind]));
  const body = make('span', 'scene-body');
  body.append(make('span', 'scene-title', scene.title));
  if (scene.text !== '') body.append(make('span', 'scene-text', scene.text));
  const times = timesOf(scene);
  if (times !== '') body.append(make('span', 'scene-times', times));
  button.append(body);
  button.addEventListener('click', () => jump(beats.findIndex((beat) => beat.index === index)));
  node.append(button);
  element('scenes').append(node);
  return node;
});

function timesOf({ timings }) {
  if (timings === null) return '';
  return parts.filter(([, key]) => timings[key] >= 0.5).map(([name, key]) => `${name} ${span(timings[key])}`).join('  ');
}

function buildTape() {
  const totals = scenes.map(({ timings }) => parts.reduce((sum, [, key]) => sum + (timings?.[key] ?? 0), 0));
  const most = Math.max(1, ...totals);
  const sums = {};
  for (const beat of beats) {
    const { scene, phase } = beat;
    const column = make('div', `column column-${scene.kind} tone-${scene.tone}`);
    column.title = `${clock(scene.at - began)}  ${scene.title}`;
    if (phase !== 'before' || scene.after === null || scene.after === scene.before) {
      const bar = make('div', 'bar');
      bar.style.height = `${Math.sqrt(totals[beat.index] / most) * 100}%`;
      for (const [name, key] of parts) {
        const ms = scene.timings?.[key] ?? 0;
        if (ms <= 0) continue;
        sums[name] = (sums[name] ?? 0) + ms;
        const piece = make('div', `piece piece-${name}`);
        piece.style.flexGrow = String(ms);
        bar.append(piece);
      }
      column.append(bar);
    }
    if (['approval', 'failure', 'control', 'answer', 'task'].includes(scene.kind)) column.append(make('span', 'flag', glyphs[scene.kind]));
    element('bars').append(column);
  }
  for (const [name] of parts) {
    if (!(sums[name] > 0)) continue;
    const item = make('span', 'legend-item');
    item.append(make('i', `piece-${name}`), make('span', '', `${name} ${span(sums[name])}`));
    element('legend').append(item);
  }
}

function buildHead() {
  element('task').textContent = run.task;
  const display = Object.values(frames)[0]?.display;
  const tokens = run.usage.inputTokens + run.usage.outputTokens;
  element('facts').textContent = [
    run.driver === 'model' ? run.model : 'direct actions',
    display && `${display.width}×${display.height}`,
    `${run.turns} turn${run.turns === 1 ? '' : 's'}`,
    `${run.steps} step${run.steps === 1 ? '' : 's'}`,
    run.endedAt && run.startedAt && span(run.endedAt - run.startedAt),
    tokens > 0 && `${tokens.toLocaleString('en')} tokens`,
    new Date(run.createdAt).toLocaleString(),
  ].filter(Boolean).join('  ·  ');
  element('state').textContent = run.state;
  element('state').dataset.state = run.state;
  element('ids').textContent = [run.id, run.desktopId].filter(Boolean).join(' · ');
  document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

function buildMore() {
  element('states').querySelector('summary').textContent = `${states.length} changes of state`;
  for (const { from, state } of states) {
    const row = make('tr');
    const holder = control.findLast((each) => each.from <= from)?.holder;
    row.append(make('td', '', clock(from - began)), make('td', '', state), make('td', '', ['paused', 'person'].includes(holder) ? holder : ''));
    element('states').querySelector('table').append(row);
  }
  if (film.briefing === null) return;
  element('briefing').hidden = false;
  element('briefing').querySelector('summary').textContent = `What the model was told (briefing ${film.briefing.version})`;
  element('briefing').querySelector('pre').textContent = film.briefing.text;
}

// Playing and keys.

function stop() {
  clearTimeout(playing);
  playing = null;
  document.body.classList.remove('is-playing');
}

function tick() {
  const { scene, phase } = beats[position];
  const reading = scene.kind === 'action' ? (phase === 'before' ? 1100 : 900) : Math.min(4200, 900 + scene.text.length * 14);
  playing = setTimeout(() => {
    if (position >= beats.length - 1) return stop();
    show(position + 1);
    tick();
  }, reading / speed);
}

function toggle() {
  if (playing !== null) return stop();
  if (position >= beats.length - 1) show(0);
  document.body.classList.add('is-playing');
  tick();
}

function jump(to) {
  stop();
  show(to);
}

function turnStep(direction) {
  const { turn } = beats[position].scene;
  const to = direction > 0 ? beats.findIndex(({ scene }) => scene.turn > turn) : beats.findIndex(({ scene }) => scene.turn === Math.max(0, turn - 1));
  jump(to === -1 ? beats.length - 1 : to);
}

function faster() {
  speed = { 0.5: 1, 1: 2, 2: 4, 4: 0.5 }[speed];
  element('speed').textContent = `${speed === 0.5 ? '½' : speed}×`;
}

const bindings = {
  ArrowLeft: () => jump(position - 1), ArrowRight: () => jump(position + 1), ' ': toggle, Home: () => jump(0), End: () => jump(beats.length - 1),
  '[': () => turnStep(-1), ']': () => turnStep(1), s: faster,
  m: () => { marksShown = !marksShown; show(position); },
  t: () => { const root = document.documentElement; root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark'; },
};
document.addEventListener('keydown', (event) => {
  const binding = event.ctrlKey || event.metaKey || event.altKey ? undefined : bindings[event.key];
  if (binding === undefined || event.target.closest?.('summary')) return;
  event.preventDefault();
  binding();
});
for (const [id, key] of Object.entries({ first: 'Home', previous: 'ArrowLeft', play: ' ', next: 'ArrowRight', last: 'End', speed: 's', theme: 't' })) element(id).addEventListener('click', () => bindings[key]());
element('scrubber').max = String(Math.max(0, beats.length - 1));
element('scrubber').addEventListener('input', (event) => jump(Number(event.target.value)));
const seek = (event) => {
  const { left, width } = element('bars').getBoundingClientRect();
  jump(Math.floor(((event.clientX - left) / width) * beats.length));
};
element('bars').addEventListener('pointerdown', (event) => {
  element('bars').setPointerCapture(event.pointerId);
  seek(event);
});
element('bars').addEventListener('pointermove', (event) => { if (event.buttons === 1) seek(event); });

buildHead();
buildTape();
buildMore();
// A link such as replay.html#12 opens at that beat.
show(/^#\d+$/.test(location.hash) ? Number(location.hash.slice(1)) - 1 : 0);
