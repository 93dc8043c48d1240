import type { Display } from '../../../sandbox-image/wire/index.ts';
import type { Approval } from '../../approvals/approval.ts';
import type { AnswerRules, Call, CallResult, Usage } from '../../dialects/transcript.ts';
import type { HostRule } from '../../gate/host-rule.ts';
import type { NetworkPolicy } from '../../gate/network-policy.ts';
import type { Focus } from '../../policy/focus.ts';
import type { PolicyRule, RuleMatch } from '../../policy/rule.ts';
import type { Deeds } from '../control/operator-action.ts';
import type { RunEffect, RunEffectOf } from './run-effect.ts';
import type { Artefact, Asked, RunFailure, RunRequest } from '../run.ts';

/** Tokens, and US dollars where the model has a price. */
export type Spending = { readonly tokens: number; readonly costUsd: number };

/** Where a turn is not gone on with, because a rule refuses it or a question to a person stands before it, and why. */
export type Cut = { readonly callIndex: number; readonly actionIndex: number; readonly why: string };

/** A model's turn whose calls are being performed. */
export type OpenTurn = {
  readonly number: number;
  readonly calls: readonly Call[];
  /** The frame on which it was decided. */
  readonly decidedOn: string | null;
  readonly callIndex: number;
  readonly actionIndex: number;
  /** Counts repetitions of one action under a new id, after a person approved it again. */
  readonly attempt: number;
  /** What the model is to be told about the present call. */
  readonly notes: readonly string[];
  readonly results: readonly CallResult[];
  /** Whether the safety checks of the turn are out of the way. */
  readonly isAcknowledged: boolean;
  /** Why nothing more of this turn is performed. */
  readonly stoppedBy: string | null;
  /** The present action met a changed target after it had been approved: a person is asked again, on a fresh frame. */
  readonly asksAgain: boolean;
  /** From here on nothing is performed, whatever a person says. */
  readonly cut?: Cut | null;
  /** The rules that want a person to be asked before anything of it begins. */
  readonly asking?: readonly RuleMatch[];
  /** The window by which it was judged last: null where none had the focus, absent where that was not known. */
  readonly focus?: Focus;
  /** The frame on which rules asked about the rest of it, because another window had the focus. */
  readonly askedOn?: string;
  /** A person approved it. */
  readonly isApproved?: boolean;
  /** The actions whose text a person edited, and who. */
  readonly edits?: readonly { readonly callIndex: number; readonly actionIndex: number; readonly by: string }[];
};

/** How a run is to end, decided before everything is put away. */
export type Ending = { readonly state: 'succeeded' | 'failed' | 'cancelled'; readonly failure: RunFailure | null; readonly reason: string; /** The run's desktop goes with it, whoever launched it. */ readonly releasesDesktop?: boolean };

/** A person's hold on a desktop. Its id is a secret of whoever took it: it stands in no fact and in no view. */
export type Lease = {
  readonly id: string;
  /** Who is in control, as others are told. */
  readonly holder: string;
  /** The name of the token by which it was taken. */
  readonly principal: string;
  readonly reason: string | null;
  readonly takenAt: number;
  readonly until: number;
  /** Who asked the holder for control meanwhile. */
  readonly requests: readonly { readonly by: string; readonly at: number; readonly reason: string | null }[];
  /** What the holder did, for the model to be told. */
  readonly deeds: Deeds;
};

/** The run in whose place another stands, because it ended while a person was in control; the desktop goes as that run would have let it go. */
export type StandIn = { readonly runId: string; /** Null: it is not released by itself. */ readonly keepForMs: number | null };

/** Why a run stands still that a person has to wake. */
export type Standstill = { readonly why: 'paused' | 'lease_expired' | 'stuck'; readonly since: number; readonly by: string; readonly reason: string | null };

/** The data of a run's chart. Everything in it is JSON; it is stored with every event. */
export type RunContext = {
  readonly runId: string;
  readonly project: string;
  readonly driver: 'model' | 'caller';
  readonly createdBy: string;
  readonly model: string | null;
  readonly request: RunRequest;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly desktopId: string | null;
  readonly display: Display | null;
  /** The desktop's control epoch in which this run's actions are decided. */
  readonly epoch: number;
  readonly effectCount: number;
  /** The one effect in flight for whoever drives the run. */
  readonly awaits: RunEffect | null;
  /** The effect by which control passes; in flight beside the other, which it stops. */
  readonly fencing: RunEffectOf<'fence'> | null;
  /** The action of a person in control that is in flight. */
  readonly operating: RunEffectOf<'operate'> | null;
  readonly lease: Lease | null;
  readonly standsInFor: StandIn | null;
  readonly standsStill: Standstill | null;
  readonly turns: number;
  readonly turn: OpenTurn | null;
  /** The last captured frame, and whether nothing was done since. */
  readonly frame: { readonly frameId: string; readonly hash: string; readonly isFresh: boolean; readonly window?: Focus } | null;
  readonly steps: number;
  readonly usage: Usage;
  /** US dollars so far; null while no turn had a price. */
  readonly costUsd: number | null;
  /** Calls of the caller's functions that wait for an answer. */
  readonly asked: readonly Asked[];
  /** Working time so far, and since when it runs (null while it stands still). */
  readonly clock: { readonly activeMs: number; readonly since: number | null };
  readonly approval: Approval | null;
  /** How many approvals the run has opened: each has an id of its own. */
  readonly approvals: number;
  readonly answer: string | null;
  /** Turns in a row that could not be used. */
  readonly uselessTurns: number;
  /** The rules that the caller gave with its last answer; the request's until then. */
  readonly answerRules?: AnswerRules;
  /** Whether the model has given an answer that could be used since those rules hold. */
  readonly hasAnswered?: boolean;
  /** Notes that the model has not seen yet. */
  readonly unreadNotes: number;
  /** The same turn on the same screen, again and again. */
  readonly repeats: {
    readonly key: string;
    readonly count: number;
    /** The last turns with the screens on which they were decided. */
    readonly recent?: readonly string[];
    /** The screen's hash, and for how many turns with input it has been the same. */
    readonly screen?: string;
    readonly frames?: number;
  };
  readonly isStuck: boolean;
  /** Until when a person may take to wake a run that waits for one; null while it does not wait. */
  readonly waitsUntil: number | null;
  /** Until when the run may stand where it is; null while it works. */
  readonly standsUntil: number | null;
  /** How often it has begun anew on a fresh desktop, and the lost one that is still to be put away. */
  readonly startsOver: number;
  readonly lostDesktopId: string | null;
  readonly ending: Ending | null;
  readonly artefacts: readonly Artefact[];
  /** The rules it is judged by, as they were when it was created. */
  readonly rules?: readonly PolicyRule[];
  /** What was held back for the question under way. */
  readonly reserve?: Spending | null;
  /** What the last question took that was answered. */
  readonly lastAsk?: Spending;
  /** What was held back for questions whose answers were lost, and how many those were. */
  readonly lost?: Spending & { readonly asks: number };
  /** Its way out: a policy that a person gave, hosts that people allowed and refused, open questions, hosts that the model was told of. */
  readonly network?: {
    readonly policy: NetworkPolicy | null;
    readonly allowed: readonly HostRule[];
    /** As `host:port`. */
    readonly denied: readonly string[];
    readonly questions: readonly Approval[];
    readonly told: readonly string[];
  };
  /** The launch that is held up until there is an image: while it is the effect in flight, working time stands still. */
  readonly heldUp?: string | null;
  /** Its files lie in its desktop. */
  readonly filesPut?: boolean;
  /** What was typed since the last line feed. */
  readonly line?: string;
};

export type NewRun = Pick<RunContext, 'runId' | 'project' | 'driver' | 'createdBy' | 'model' | 'request' | 'createdAt' | 'desktopId' | 'rules'> & {
  /** The control epoch that the desktop has come to. */
  readonly lastEpoch?: number | undefined;
  /** A person's control that the run carries on, on a desktop that is there. */
  readonly carries?: { readonly lease: Lease; readonly display: Display; readonly standsInFor: StandIn } | undefined;
};

/** What runs of an older program do not have in their data. */
export const addedSince = { fencing: null, operating: null, lease: null, standsInFor: null, standsStill: null } as const;

/** The context of a run that has just been accepted. */
export function newContext({ lastEpoch, carries, ...run }: NewRun): RunContext {
  return {
    ...run,
    ...addedSince,
    lease: carries?.lease ?? null,
    standsInFor: carries?.standsInFor ?? null,
    startedAt: carries === undefined ? null : run.createdAt,
    endedAt: null,
    display: carries?.display ?? null,
    epoch: lastEpoch ?? 0,
    effectCount: 0,
    awaits: null,
    turns: 0,
    turn: null,
    frame: null,
    steps: 0,
    usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
    costUsd: null,
    asked: [],
    clock: { activeMs: 0, since: null },
    approval: null,
    approvals: 0,
    answer: null,
    uselessTurns: 0,
    unreadNotes: 0,
    repeats: { key: '', count: 0 },
    isStuck: false,
    waitsUntil: null,
    standsUntil: null,
    startsOver: 0,
    lostDesktopId: null,
    ending: null,
    artefacts: [],
  };
}
