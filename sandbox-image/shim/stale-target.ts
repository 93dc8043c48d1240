import type { Action, Point, Region, StaleTargetPolicy } from '../wire/index.ts';
import type { Ambience } from './ambience.ts';
import { compareScreens, tileColumns, tileEdge, wordsOf, type TileChange } from './changes.ts';
import type { Pixels } from './framebuffer.ts';
import type { FrameStore } from './frame-store.ts';

/** Half the edge of the square around a target that must look as it did. */
const radius = 32;
/** Pixels of that square that must differ visibly: more than a caret, less than a word or a tick. */
const materialPixels = 24;
/** A difference of one colour channel that can be seen. */
const visibleDifference = 16;
/** The try at which an animated target is acted on all the same. */
const animatedTry = 3;
/** Tries whose targets lie this close together are tries on the same place. */
const samePlace = 16;

/** A question to the guard: an action, the frame that it was decided on, and the rules that go with it. */
export type Intention = {
  readonly action: Action;
  readonly decidedOn: string | undefined;
  readonly policy: StaleTargetPolicy;
  readonly allowAnimated: boolean;
};

/** `refusal` says why nothing may be done; `warnings` go with the outcome. */
export type Verdict = { readonly refusal?: string; readonly warnings: readonly string[] };

/** Binds actions to the frame on which they were decided (design decision 6). */
export type StaleTargetGuard = {
  /** Judges an action by the screen as it is; `pointer` is the target of an action without a place of its own. */
  judge(intention: Intention, now: Pixels, pointer: Point, at: number): Verdict;
  /** Takes note of what an action of a decision changed: the screen before its input and the one after its settle. */
  performed(decidedOn: string | undefined, before: Pixels, after: Pixels): void;
};

type Decision = { readonly frameId: string; readonly touched: Set<number>; after: Pixels | undefined };

/** Makes a guard. */
export function createStaleTargetGuard(frames: Pick<FrameStore, 'pixelsOf'>, ambience: Pick<Ambience, 'material' | 'isAnimated'>): StaleTargetGuard {
  let decision: Decision | undefined;
  let tries: { place: Point; count: number } | undefined;

  const staleAt = (place: Point, decided: Pixels, now: Pixels, at: number): boolean => {
    const area = areaAround(place, now);
    const touched = decision?.touched ?? new Set<number>();
    const sinceDecision = visibleIn(area, decided, now, (tile) => !touched.has(tile), ambience, at);
    const sincePredecessor = decision?.after === undefined ? 0 : visibleIn(area, decision.after, now, (tile) => touched.has(tile), ambience, at);
    return sinceDecision + sincePredecessor >= materialPixels;
  };

  return {
    judge({ action, decidedOn, policy, allowAnimated }, now, pointer, at) {
      const places = targetsOf(action, pointer);
      if (decidedOn === undefined || policy === 'off' || places.length === 0) return { warnings: [] };
      if (decision?.frameId !== decidedOn) decision = { frameId: decidedOn, touched: new Set(), after: undefined };
      const decided = frames.pixelsOf(decidedOn);
      if (decided === undefined) {
        const message = `frame ${decidedOn} is not known any more, so it cannot be checked whether the target still looks as it did`;
        return policy === 'refuse' ? { refusal: `${message}: take a new frame and decide again`, warnings: [] } : { warnings: [message] };
      }
      const stale = places.find((place) => staleAt(place, decided, now, at));
      if (stale === undefined) {
        tries = undefined;
        return { warnings: [] };
      }
      const where = `the screen around ${stale.x},${stale.y} has changed since frame ${decidedOn}`;
      if (policy === 'warn') return { warnings: [`${where}; ${action.type} was performed all the same`] };
      tries = tries !== undefined && isNear(tries.place, stale) ? { place: stale, count: tries.count + 1 } : { place: stale, count: 1 };
      if (tries.count >= animatedTry && allowAnimated && ambience.isAnimated(areaAround(stale, now), now.width)) {
        return { warnings: [`the screen around ${stale.x},${stale.y} is animated; ${action.type} was performed at try ${tries.count} all the same`] };
      }
      return { refusal: `${where}: nothing was done; look at the new frame and decide again`, warnings: [] };
    },
    performed(decidedOn, before, after) {
      if (decidedOn === undefined) return;
      if (decision?.frameId !== decidedOn) decision = { frameId: decidedOn, touched: new Set(), after: undefined };
      for (const change of compareScreens(before, after)) decision.touched.add(change.tile);
      decision.after = after;
    },
  };
}

/** The places that must look as they did: clicks and presses one, drags their start and end, other actions none. */
export function targetsOf(action: Action, pointer: Point): Point[] {
  if (action.type === 'click' || action.type === 'mouse_down') return [action.x === undefined || action.y === undefined ? pointer : { x: action.x, y: action.y }];
  if (action.type === 'drag') return [action.path[0], action.path.at(-1)].filter((point) => point !== undefined);
  return [];
}

function isNear(a: Point, b: Point): boolean {
  return Math.abs(a.x - b.x) <= samePlace && Math.abs(a.y - b.y) <= samePlace;
}

function areaAround({ x, y }: Point, screen: Pixels): Region {
  const left = Math.max(0, x - radius);
  const top = Math.max(0, y - radius);
  return { x: left, y: top, width: Math.min(screen.width, x + radius + 1) - left, height: Math.min(screen.height, y + radius + 1) - top };
}

/** How many pixels of an area differ visibly between two screens, in the tiles that count, carets and clocks aside. */
function visibleIn(area: Region, before: Pixels, now: Pixels, counts: (tile: number) => boolean, ambience: Pick<Ambience, 'material'>, at: number): number {
  const columns = tileColumns(now.width);
  const inArea = (change: TileChange) => change.left < area.x + area.width && change.right >= area.x && change.top < area.y + area.height && change.bottom >= area.y;
  const tiles = new Set(ambience.material(compareScreens(before, now).filter((change) => counts(change.tile) && inArea(change)), now, at).map((change) => change.tile));
  if (tiles.size === 0) return 0;
  const a = wordsOf(before);
  const b = wordsOf(now);
  let visible = 0;
  for (let y = area.y; y < area.y + area.height; y += 1) {
    for (let x = area.x; x < area.x + area.width; x += 1) {
      const i = y * now.width + x;
      if (tiles.has(Math.floor(y / tileEdge) * columns + Math.floor(x / tileEdge)) && differsVisibly(a[i] ?? 0, b[i] ?? 0)) visible += 1;
    }
  }
  return visible;
}

function differsVisibly(a: number, b: number): boolean {
  return Math.abs((a & 255) - (b & 255)) > visibleDifference
    || Math.abs(((a >>> 8) & 255) - ((b >>> 8) & 255)) > visibleDifference
    || Math.abs(((a >>> 16) & 255) - ((b >>> 16) & 255)) > visibleDifference;
}
