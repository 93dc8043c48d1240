import type { Action, CaptureInput, FocusedWindow, SettleOptions, StaleTargetPolicy } from '../../../sandbox-image/wire/index.ts';
import type { DesktopSpec } from '../../desktops/desktop.ts';
import type { DesktopTool } from '../../dialects/transcript.ts';
import type { OperatorAction } from '../control/operator-action.ts';
import type { Lease } from './run-context.ts';

/**
 * What a run wants done outside itself, as data. It is in the journal's outbox from the commit that decided it to the
 * commit that records its outcome; its outcome comes back as a command that carries the same `effectId`.
 */
export type RunEffect =
  | { readonly kind: 'launch'; readonly effectId: string; readonly desktopId: string; readonly spec: DesktopSpec; readonly epoch: number; /** A lost desktop whose place this one takes. */ readonly replaces: string | null }
  /** Use a desktop that is there already; the new epoch refuses whatever an earlier run may still send. */
  | { readonly kind: 'attach'; readonly effectId: string; readonly desktopId: string; readonly epoch: number }
  /** Put the run's files into its desktop. */
  | { readonly kind: 'put'; readonly effectId: string }
  | { readonly kind: 'ask'; readonly effectId: string; readonly turn: number }
  | {
      readonly kind: 'perform';
      /** The action's id, known to the desktop's ledger: performed at most once. */
      readonly effectId: string;
      readonly action: Action;
      readonly epoch: number;
      readonly decidedOn: string | null;
      readonly staleTarget: StaleTargetPolicy;
      /** False once a person approved exactly this: then a changed target is asked about again. */
      readonly allowAnimated: boolean;
      /** The window by which it was judged; it is not performed where another one has the focus. */
      readonly window?: Partial<FocusedWindow> | null;
      readonly settle: Partial<SettleOptions> | null;
      /** How to capture afterwards: as the run's model wants its pictures, as given, or (null) not at all. */
      readonly capture: CaptureInput | 'model' | null;
    }
  /** Use a tool of the desktop besides screen and input. It has no ledger: after a crash its outcome is unknown, and it is not repeated. */
  | { readonly kind: 'use'; readonly effectId: string; readonly tool: DesktopTool }
  | { readonly kind: 'observe'; readonly effectId: string; readonly why: 'task' | 'after_turn' | 'fresh' }
  /** Pass control of the desktop to a new epoch: stop what runs for the old one, release what is held, list what goes on. */
  | { readonly kind: 'fence'; readonly effectId: string; readonly epoch: number; readonly why: 'taken' | 'given_back' | 'expired' }
  /** Perform an action of a person in control. What it types is only in the memory of the controller that was asked: it is never sent again. */
  | { readonly kind: 'operate'; readonly effectId: string; readonly epoch: number; readonly action: OperatorAction }
  /** Release what is held, keep the Outbox, let the desktop go; or leave it to a person who is in control, with a run that stands in for this one. */
  | { readonly kind: 'finish'; readonly effectId: string; readonly leaves?: Lease | undefined };

export type RunEffectOf<Kind extends RunEffect['kind']> = Extract<RunEffect, { kind: Kind }>;
