import type { Region } from '../wire/index.ts';
import { compareScreens, tileColumns, tileEdge, wordsOf, type TileChange } from './changes.ts';
import { allocatePixels, type Pixels } from './framebuffer.ts';

/**
 * A caret stays on and off for 500 ms or more, seen at samples 200 ms apart; what changes more often is a spinner or a
 * video, and means work in progress.
 */
const minBlinkMs = 300;
/** A clock's digits stay for a second or longer, seen at samples 200 ms apart. */
const minClockMs = 700;
/** A caret or a clock is no larger than this, in tiles. */
const maxAmbientTiles = { across: 12, down: 4 };
/** Digits of one clock are at most this far apart, and lie on one line as exactly as this. */
const maxClockTiles = 6;
const clockLinePixels = 3;
/** A caret: a solid bar, this narrow and at least this tall within one tile. */
const caret = { maxWidth: 4, minHeight: 4 };
const rememberedGaps = 4;
const rememberedContents = 6;
/** More changed tiles than this at a time are no caret and no clock: their contents are not looked at. */
const maxHashedTiles = 96;
/** Watched samples in which a region must have changed, every one of them, to count as animated. */
const animatedSamples = 3;
const rememberedSamples = 4;

type History = { lastChangeAt: number; gaps: number[]; contents: number[] };

/**
 * What changes on this screen by itself. Fed with samples of the screen, it learns per tile which contents alternate
 * (carets), which change at a clock's pace, and which areas are animated; all times are milliseconds of one clock.
 */
export class Ambience {
  readonly #tiles = new Map<number, History>();
  readonly #samples: ReadonlySet<number>[] = [];
  #previous: Pixels | undefined;

  /** Takes in a sample of the screen (copied). `isUndisturbed` says that no input was given since the sample before. */
  observe(screen: Pixels, at: number, isUndisturbed: boolean): void {
    const previous = this.#previous;
    if (previous === undefined || previous.bytes.length !== screen.bytes.length) {
      this.#previous = allocatePixels(screen);
      screen.bytes.copy(this.#previous.bytes);
      return;
    }
    const changes = compareScreens(previous, screen);
    const material = isUndisturbed ? [] : this.material(changes, screen, at);
    for (const change of changes) this.#learn(change, previous, screen, at, !material.includes(change), changes.length <= maxHashedTiles);
    if (isUndisturbed) {
      this.#samples.push(new Set(changes.map((change) => change.tile)));
      if (this.#samples.length > rememberedSamples) this.#samples.shift();
    }
    if (changes.length > 0) screen.bytes.copy(previous.bytes);
  }

  /** `isOwn`: the change came by itself, as far as can be told; what input caused is no evidence, and ends what was known of the tile. */
  #learn(change: TileChange, before: Pixels, after: Pixels, at: number, isOwn: boolean, isSmall: boolean): void {
    const history = this.#tiles.get(change.tile) ?? { lastChangeAt: -1, gaps: [], contents: [] };
    const content = isSmall ? hashTile(after, change.tile) : 0;
    if (!isSmall || !isOwn) history.gaps = [];
    else if (history.lastChangeAt >= 0) history.gaps = [...history.gaps, at - history.lastChangeAt].slice(-rememberedGaps);
    history.lastChangeAt = at;
    history.contents = isSmall ? remember(remember(history.contents, hashTile(before, change.tile)), content) : [];
    this.#tiles.set(change.tile, history);
  }

  /** The changes that are more than a caret's blinking or a clock's ticking. `screen` is the screen after them. */
  material(changes: readonly TileChange[], screen: Pixels, at: number): TileChange[] {
    if (changes.length === 0 || changes.length > maxHashedTiles) return [...changes];
    const columns = tileColumns(screen.width);
    const kinds = changes.map((change) => ({ change, kind: this.#kindOf(change, screen, at) }));
    const clocks = kinds.filter(({ kind }) => kind === 'clock').map(({ change }) => change);
    const candidates = new Set(kinds.filter(({ change, kind }) => kind !== 'material' || belongsToClock(change, clocks, columns)).map(({ change }) => change.tile));
    const ambient = new Set<number>();
    for (const group of groupsOf(candidates, columns)) if (isSmallGroup(group, columns)) for (const tile of group) ambient.add(tile);
    return changes.filter((change) => !ambient.has(change.tile));
  }

  #kindOf(change: TileChange, screen: Pixels, at: number): 'caret' | 'clock' | 'material' {
    const history = this.#tiles.get(change.tile);
    if (history === undefined) return 'material';
    const isKnownContent = history.contents.includes(hashTile(screen, change.tile));
    if (isKnownContent && isCaretShaped(change)) return 'caret';
    if (history.gaps.length === 0 || at - history.lastChangeAt > 3 * Math.max(...history.gaps) + 500) return 'material';
    const shortest = Math.min(...history.gaps);
    if (history.gaps.length >= 2 && shortest >= minClockMs) return 'clock';
    return isKnownContent && shortest >= minBlinkMs ? 'caret' : 'material';
  }

  /** Whether something in the region changed, without input, in each of the last samples. */
  isAnimated(region: Region, screenWidth: number): boolean {
    const tiles = tilesOf(region, screenWidth);
    const last = this.#samples.slice(-animatedSamples);
    return last.length === animatedSamples && last.every((sample) => tiles.some((tile) => sample.has(tile)));
  }
}

/** The tiles that a region touches. */
export function tilesOf(region: Region, screenWidth: number): number[] {
  const columns = tileColumns(screenWidth);
  const tiles: number[] = [];
  for (let row = Math.floor(region.y / tileEdge); row <= Math.floor((region.y + region.height - 1) / tileEdge); row += 1) {
    for (let column = Math.floor(region.x / tileEdge); column <= Math.floor((region.x + region.width - 1) / tileEdge); column += 1) {
      if (column < columns) tiles.push(row * columns + column);
    }
  }
  return tiles;
}

/** A clock's other digits change seldom, and then together with its last one, beside it on the same line. */
function belongsToClock(change: TileChange, clocks: readonly TileChange[], columns: number): boolean {
  return clocks.some((clock) => Math.abs((clock.tile % columns) - (change.tile % columns)) < maxClockTiles
    && change.top >= clock.top - clockLinePixels && change.bottom <= clock.bottom + clockLinePixels);
}

function isCaretShaped(change: TileChange): boolean {
  const width = change.right - change.left + 1;
  const height = change.bottom - change.top + 1;
  return width <= caret.maxWidth && height >= caret.minHeight && change.pixels === width * height;
}

function remember(contents: readonly number[], content: number): number[] {
  return contents.includes(content) ? [...contents] : [...contents, content].slice(-rememberedContents);
}

/** FNV-1a over a tile's pixels. */
function hashTile(screen: Pixels, tile: number): number {
  const words = wordsOf(screen);
  const columns = tileColumns(screen.width);
  const left = (tile % columns) * tileEdge;
  const top = Math.floor(tile / columns) * tileEdge;
  let hash = 0x811c9dc5;
  for (let y = top; y < Math.min(top + tileEdge, screen.height); y += 1) {
    for (let x = left; x < Math.min(left + tileEdge, screen.width); x += 1) {
      hash = Math.imul(hash ^ ((words[y * screen.width + x] ?? 0) & 0xffffff), 0x01000193);
      hash ^= hash >>> 15;
    }
  }
  return hash >>> 0;
}

function groupsOf(tiles: ReadonlySet<number>, columns: number): number[][] {
  const left = new Set(tiles);
  const groups: number[][] = [];
  for (const first of tiles) {
    if (!left.delete(first)) continue;
    const group = [first];
    for (const tile of group) {
      for (const step of [-columns - 1, -columns, -columns + 1, -1, 1, columns - 1, columns, columns + 1]) {
        if (left.delete(tile + step)) group.push(tile + step);
      }
    }
    groups.push(group);
  }
  return groups;
}

function isSmallGroup(group: readonly number[], columns: number): boolean {
  const across = group.map((tile) => tile % columns);
  const down = group.map((tile) => Math.floor(tile / columns));
  return Math.max(...across) - Math.min(...across) < maxAmbientTiles.across && Math.max(...down) - Math.min(...down) < maxAmbientTiles.down;
}
