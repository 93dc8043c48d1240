import type { z } from 'zod';
import type { Action, CaptureInput, StaleTargetPolicy, SettleOptions } from '../../sandbox-image/wire/index.ts';
import type { Approval, Decision, QuestionReply } from '../approvals/approval.ts';
import type { AnswerRules } from '../dialects/transcript.ts';
import type { Desktop, DesktopSpec, Performed } from '../desktops/desktop.ts';
import type { Picture } from '../picture.ts';
import type { ControlTaken, DesktopControl, EndProcess, GiveBack, InboxItem, LeftProcesses, RenewControl, RequestControl, TakeControl } from './control/control.ts';
import type { ApprovalFilter } from './decisions.ts';
import type { HostTotal } from '../gate/contact.ts';
import type { HostRule } from '../gate/host-rule.ts';
import type { NetworkPolicy } from '../gate/network-policy.ts';
import type { LiveInput } from './control/live-input.ts';
import type { RunEvent } from './run-event.ts';
import type { Uploads } from './files/uploads.ts';
import type { Run, RunRequest, RunState } from './run.ts';

/** Who asks: the name of a token, and the project whose things it may see. `mayDecideOwn` false: not the approvals of runs that it started itself. */
export type Principal = { readonly name: string; readonly project: string; readonly mayDecideOwn?: boolean; /** Whether it may have secrets of its project typed. */ readonly mayUseSecrets?: boolean };

export type RunFilter = {
  readonly states?: readonly RunState[] | undefined;
  readonly desktopId?: string | undefined;
  readonly driver?: Run['driver'] | undefined;
  /** Part of the task's text, any case. */
  readonly search?: string | undefined;
  readonly limit: number;
  /** Runs older than this one (newest first); from `next` of the page before. */
  readonly after?: string | undefined;
};

/** A page of a list; `next` is null on the last. */
export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null };

/** A change of a run's way out: another policy, hosts besides. */
export type NetworkChange = { readonly policy?: NetworkPolicy | undefined; readonly allow?: readonly HostRule[] | undefined };

/** A run's way out. */
export type RunNetworkView = { readonly policy: NetworkPolicy; readonly allowed: readonly HostRule[]; readonly questions: readonly Approval[]; readonly hosts: readonly HostTotal[]; /** What its browser tried by itself and was refused. */ readonly quiet: number };

/** What a caller's function gave for one call. */
export type CallerAnswer = { readonly callId: string; readonly output: string; readonly isError: boolean };

export type DirectActions = {
  readonly actions: readonly Action[];
  readonly capture: CaptureInput | undefined;
  readonly settle: Partial<SettleOptions> | undefined;
  /** The frame the caller decided on, if it wants its targets checked. */
  readonly decidedOn: string | undefined;
  readonly staleTarget: StaleTargetPolicy | undefined;
  /** The lease of a person in control who asks. */
  readonly lease?: string | undefined;
};

/**
 * Who gives input on a desktop: its agent, or one person by a lease. While a person has it, whatever comes without the
 * lease is refused with `conflict` naming the holder. Throws `not_found` for a desktop of another project.
 */
export interface RunControl {
  view(desktopId: string, by: Principal): DesktopControl;
  /**
   * Takes control at once: the run pauses, what runs is stopped at its next safe point, held keys are released, programs run
   * for the agent are stopped. Resolves when the desktop knows. Throws `conflict` naming the holder if another person has
   * it, unless `isForced`; the same holder gets the same lease again.
   */
  take(desktopId: string, request: TakeControl, isForced: boolean, by: Principal, signal: AbortSignal): Promise<ControlTaken>;
  renew(desktopId: string, request: z.output<typeof RenewControl>, by: Principal): DesktopControl;
  /** Gives control back to the agent, who looks at the screen anew and is told what happened; a run that stood in for an ended one ends. */
  giveBack(desktopId: string, request: z.output<typeof GiveBack>, by: Principal): DesktopControl;
  /** Lets the holder know that somebody else would like control. */
  request(desktopId: string, request: z.output<typeof RequestControl>, by: Principal): DesktopControl;
  /** What the agent has left running. */
  processes(desktopId: string, lease: string, by: Principal, signal: AbortSignal): Promise<LeftProcesses>;
  /** Ends one of those processes and lists the others. */
  endProcess(desktopId: string, request: z.output<typeof EndProcess>, by: Principal, signal: AbortSignal): Promise<LeftProcesses>;
  /**
   * Lets somebody look at a desktop or use it besides giving input: the signal that is returned ends that when control passes
   * to somebody else. Throws `conflict` naming the holder unless nobody is in control, or whoever asks by this lease.
   */
  admit(desktopId: string, lease: string | undefined, by: Principal, signal: AbortSignal): AbortSignal;
  /** Whether whoever asks is in control of the desktop by this lease at this moment. Cheap: asked for every message of a live view. */
  holds(desktopId: string, lease: string, by: Principal): boolean;
  /** Counts what whoever is in control does through the live view, for the model to be told how much it was; what it was is told to nobody. */
  noteInput(lease: string, kind: LiveInput): void;
  /** Everything that waits for a person over all runs of the project, the oldest first. */
  inbox(by: Principal): readonly InboxItem[];
}

/**
 * All runs of this installation, as callers see them. Every call names who asks; what belongs to another project is
 * `not_found`. A change that was acknowledged is in the journal.
 */
export interface Runs {
  readonly control: RunControl;
  /** Files for runs that are to come. */
  readonly uploads: Uploads;
  /**
   * Accepts a task. Throws `invalid_request` (unknown model, template), `not_found` or `conflict` (desktop, files), `payload_too_large` (files), `too_many_requests` (the queue is full), `unavailable` (draining).
   * The same key with the same request gives the run that it was first sent for, also after a restart; with another one it is a `conflict`.
   */
  create(request: RunRequest, by: Principal, idempotencyKey?: string): Run;
  get(runId: string, by: Principal): Run;
  list(filter: RunFilter, by: Principal): Page<Run>;
  /** Ends a run from any state; a run that is over stays as it is and is returned. */
  cancel(runId: string, reason: string, by: Principal): Run;
  /** No new effect begins until `resume`. Throws `conflict` on a run that is over or in an operator's hands. */
  pause(runId: string, by: Principal): Run;
  resume(runId: string, by: Principal): Run;
  /** Says something to the model; it arrives with the next turn. An answer to a question resumes the run. */
  message(runId: string, text: string, by: Principal): Run;
  /** Answers calls of the caller's functions. All that wait must be answered at once; throws `conflict` naming what waits otherwise. `rules` take the place of those that held for the model's answers; `echo` is kept with the answers. */
  answerCaller(runId: string, answers: readonly CallerAnswer[], by: Principal, rules?: AnswerRules, echo?: Readonly<Record<string, unknown>>): Run;
  /** Changes what a run's desktop may reach; what is open and not covered any more is cut. Throws `conflict` when the run is over. */
  changeNetwork(runId: string, change: NetworkChange, by: Principal): RunNetworkView;
  /** What a run's desktop may reach, and what it reached since this start of the controller. */
  network(runId: string, by: Principal): RunNetworkView;
  /** Decides an approval, once: a second decision is a `conflict` whose details name the first. Edits that cannot be made, or that a rule refuses, are `unprocessable`. */
  decide(approvalId: string, decision: Decision, by: Principal): Approval;
  /** Answers a question of the model's, or leaves it unanswered, once like a decision. */
  answerQuestion(approvalId: string, reply: QuestionReply, by: Principal): Approval;
  approval(approvalId: string, by: Principal): Approval;
  /** Newest first, over all runs of the project. */
  approvals(filter: ApprovalFilter, by: Principal): Page<Approval>;
  /** Events after a sequence number, oldest first, at most `limit`, with `newest` the last of them; of one run or of all of the project's. */
  events(filter: { readonly runId?: string | undefined; readonly after: number; readonly limit: number; readonly newest?: boolean | undefined }, by: Principal): readonly RunEvent[];
  /** Calls back after each commit that added events of the project's runs; the reader then asks `events`. Returns how to stop. */
  onEvents(listener: () => void): () => void;
  /** The stored picture of a frame of a run. Throws `not_found`, and `gone` when the run's pictures were removed to make room. */
  picture(runId: string, frameId: string, by: Principal): Promise<Picture>;
  artefact(runId: string, artefactId: string, by: Principal): Promise<{ readonly name: string; readonly size: number; readonly path: string }>;
  /** Launches a desktop for a caller; one with a way out has its caller's run from the beginning, and the way out lasts as long as that. Throws `too_many_requests` with when to try again while all places are taken, `unavailable` (draining), and whatever a launch throws. */
  launchDesktop(id: string, spec: DesktopSpec & { readonly network?: NetworkPolicy }, by: Principal, signal: AbortSignal): Promise<Desktop>;
  /**
   * Performs actions directly on a desktop, in order, stopping at the first that is not performed. The first such call
   * opens a `caller` run that lasts until the desktop is released. Rules are asked first, for all of them: what they refuse is
   * an outcome `refused`, and where they want a person this waits for the decision. Throws `conflict` while a model's run holds the desktop.
   */
  performDirectly(desktopId: string, request: DirectActions, by: Principal, signal: AbortSignal): Promise<{ readonly run: Run; readonly performed: readonly Performed[] }>;
  /**
   * A text with the values of the secrets that it names, for what is sent to a desktop at once. Throws `forbidden` for who may
   * not use secrets, `unprocessable` naming one that is not there.
   */
  withSecrets(text: string, by: Principal): string;
  /** Releases a desktop. A caller's run on it ends first, and keeps its Outbox; a model's run fails. A person in control releases it by the lease; all others are refused. */
  releaseDesktop(desktopId: string, by: Principal, lease: string | undefined, signal: AbortSignal): Promise<void>;
  /** Puts a mark on a run for good, over or not. It says something of what is told of the run, and changes nothing in it. */
  mark(runId: string, mark: string, by: Principal): void;
  isMarked(runId: string, mark: string, by: Principal): boolean;
  /** Resolves with the run when it is over (or at once if it is). */
  ended(runId: string, by: Principal, signal: AbortSignal): Promise<Run>;
}
