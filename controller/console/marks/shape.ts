import type { AnswerOf } from '../../api/contract.ts';

/** An action as the API shows it. */
export type Action = AnswerOf<'GET /api/approvals/{id}'>['calls'][number]['actions'][number];

/** A position on the screen, in its pixels. */
export type Spot = { readonly x: number; readonly y: number };

/** A rectangle on the screen, in its pixels. */
export type Area = Spot & { readonly width: number; readonly height: number };

/** Width and height of a screen, in its pixels. */
export type Size = { readonly width: number; readonly height: number };

/** Something to be drawn over a frame, in pixels of the screen. `role` says how it looks. */
export type Shape =
  /** `trail`: the way the pointer takes; `cross`: an arm of the cross at a target; `way`: what is dragged or scrolled along. */
  | { readonly kind: 'line'; readonly role: 'trail' | 'cross' | 'way'; readonly points: readonly Spot[] }
  | { readonly kind: 'circle'; readonly role: 'ring' | 'pulse' | 'dot' | 'trailStart'; readonly centre: Spot; readonly radius: number }
  /** The head of an arrow: a triangle, its tip first. */
  | { readonly kind: 'head'; readonly points: readonly [Spot, Spot, Spot] }
  /** `effect`: what an action changed; `look`: what is looked at closely. */
  | { readonly kind: 'area'; readonly role: 'effect' | 'look'; readonly area: Area }
  /** Words on a plate, whose upper left corner is `area`'s. `order`: which action of several it is. */
  | { readonly kind: 'plate'; readonly role: 'order' | 'note'; readonly area: Area; readonly words: string };

/** What of an action has no place on the screen: keys, texts, waiting. */
export type Caption =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'keys'; readonly verb: string; readonly keys: readonly string[]; readonly after: string }
  | { readonly kind: 'words'; readonly words: string };

/** One action as it is shown over a frame. */
export type Mark = {
  /** Its place in the list that it was drawn from, from 0. */
  readonly index: number;
  readonly action: Action;
  readonly shapes: readonly Shape[];
  readonly caption: Caption | null;
  /** Where the pointer is afterwards, as far as it is known. */
  readonly pointer: Spot | null;
};
