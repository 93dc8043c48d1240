import type { Logger } from 'pino';
import type { Desktop, Desktops } from '../../desktops/desktop.ts';
import type { DesktopImages } from '../../desktops/desktop-image.ts';
import { VitrineError } from '../../errors.ts';
import type { Redactor } from '../../redactor.ts';
import type { SecretBook } from '../../secret-book.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Model, Models } from '../../models/model.ts';
import type { ShownPictures } from '../../models/shown-pictures.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { NewRun, RunContext } from '../chart/run-context.ts';
import type { Told } from '../driving/growing-transcript.ts';
import type { Performed, PerformRequest } from '../../desktops/desktop.ts';
import type { Display } from '../../../sandbox-image/wire/index.ts';

/** What the model is told about its desktop. */
export type Briefing = { readonly version: string; readonly text: string };

/** An action of a person in control, as it is to be performed. */
export type OperatorRequest = Omit<PerformRequest, 'actionId' | 'epoch'>;

/** What effects act with. */
export type EffectTools = {
  readonly journal: Journal;
  readonly desktops: Desktops;
  readonly models: Models;
  /** Pictures as models were sent them, until their run ends. */
  readonly shown: ShownPictures;
  /** Says whether a missing image is being built; if absent, none is. */
  readonly images?: Pick<DesktopImages, 'worthWaiting'> | undefined;
  /** What texts may refer to; none if absent. */
  readonly secrets?: SecretBook | undefined;
  /** Takes secrets out of what desktops and vendors say, before it is kept; nothing is taken out if absent. */
  readonly redactor?: Redactor | undefined;
  readonly makeBriefing: (display: Display, extra: string | undefined) => Briefing;
  /** What the run's model is told now. */
  readonly told: (runId: string) => Told;
  /** A word to the run before the effect's outcome: a stage, the briefing. */
  readonly say: (runId: string, command: RunCommand) => void;
  /** A performed action with its picture, for a caller that waits for it. */
  readonly handOver: (actionId: string, performed: Performed) => void;
  /** What a person in control asked for under this id: only in memory, since it may hold what they type; undefined after a restart. */
  readonly entrusted: (actionId: string) => OperatorRequest | undefined;
  /** Begins the run that stands in for one that ends, unless it was begun before. Returns whether it goes on. */
  readonly standIn: (run: NewRun) => boolean;
  readonly now: () => number;
  readonly log: Logger;
};

/** The run an effect belongs to, as it was when the effect was decided. */
export type EffectOwner = { readonly context: RunContext; readonly tools: EffectTools };

/** The run's desktop. Throws `gone` when it is not there any more. */
export function desktopOf({ context, tools }: EffectOwner): Desktop {
  const desktop = context.desktopId === null ? undefined : tools.desktops.get(context.desktopId);
  if (desktop === undefined) throw new VitrineError('gone', `desktop ${context.desktopId ?? '(none)'} is gone`);
  return desktop;
}

/** The run's model; undefined for a run that its caller drives. */
export function modelOf({ context, tools }: EffectOwner): Model | undefined {
  return context.driver === 'model' ? tools.models.get(context.model ?? undefined) : undefined;
}
