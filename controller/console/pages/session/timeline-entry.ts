import type { AnswerOf } from '../../../api/contract.ts';
import type { Area, Spot } from '../../marks/shape.ts';

/** An event of a run as the API shows it. */
export type RunEvent = AnswerOf<'GET /api/events'>['events'][number];
export type EventFact = RunEvent['fact'];
/** The fact of one type. */
export type FactOf<Type extends EventFact['type']> = Extract<EventFact, { type: Type }>;

/** What is drawn on the screen for an action; `at` is where the pointer was. */
export type EntryMark = { readonly action: FactOf<'action.ended'>['action']; readonly at: Spot | null };

export type EntryKind = 'task' | 'turn' | 'action' | 'tool' | 'operator' | 'approval' | 'network' | 'rule' | 'note' | 'control' | 'desktop' | 'problem' | 'end';

/** `busy`: under way. `asks`: it concerns a person. */
export type Tone = 'plain' | 'good' | 'bad' | 'asks' | 'busy';

/** One line of the timeline. All texts are plain. */
export type Entry = {
  /** Stays the same when what was under way ends. */
  readonly key: string;
  readonly kind: EntryKind;
  /** When it began, in milliseconds since the epoch: what ends later keeps its place. */
  readonly at: number;
  readonly turn: number;
  readonly title: string;
  /** In full; may be empty. */
  readonly text: string;
  readonly tone: Tone;
  readonly mark: EntryMark | null;
  /** What it changed on the screen. */
  readonly effect: Area | null;
  readonly timings: (Partial<FactOf<'action.ended'>['timings']> & { readonly totalMs: number }) | null;
  /** The frame it was decided on, and the one that shows what came of it. */
  readonly before: string | null;
  readonly after: string | null;
  readonly approvalId: string | null;
};
