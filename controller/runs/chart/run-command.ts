import type { Action, ActionOutcome, CaptureInput, Display, FocusedWindow, Frame, SettleOptions, StaleTargetPolicy } from '../../../sandbox-image/wire/index.ts';
import type { Edit } from '../../approvals/approval.ts';
import type { Fenced, StageTime } from '../../desktops/desktop.ts';
import type { AnswerRules, Turn } from '../../dialects/transcript.ts';
import type { Contact } from '../../gate/contact.ts';
import type { HostRule } from '../../gate/host-rule.ts';
import type { NetworkPolicy } from '../../gate/network-policy.ts';
import type { Focus } from '../../policy/focus.ts';
import type { Deeds, OperatorAction, OperatorOutcome } from '../control/operator-action.ts';
import type { StepTimings } from '../run-event.ts';
import type { CallerAnswer } from '../runs.ts';
import type { Artefact } from '../run.ts';
import type { FilePut } from '../files/upload.ts';

type At = { /** Milliseconds since the epoch. */ readonly at: number };
type Answers = At & { /** The effect whose outcome this is; another id than the awaited one changes nothing. */ readonly effectId: string };

/** Everything that can happen to a run: outcomes of its effects, words of people and callers, deadlines. */
export type RunCommand =
  | (At & { readonly type: 'admit' })
  /** A controller took the run up after a restart: the time in between was nobody's work. */
  | (At & { readonly type: 'taken.up' })
  | (Answers & { readonly type: 'desktop.ready'; readonly desktopId: string; readonly display: Display; readonly launchMs: number })
  | (Answers & { readonly type: 'desktop.failed'; readonly message: string })
  | (Answers & { readonly type: 'files.put'; readonly files: readonly FilePut[] })
  | (Answers & { readonly type: 'files.failed'; readonly message: string })
  | (At & { readonly type: 'desktop.stage'; readonly desktopId: string; readonly time: StageTime })
  /** Its launch waits for something, and goes on by itself. */
  | (At & { readonly type: 'desktop.waits'; readonly desktopId: string; readonly reason: string })
  | (At & { readonly type: 'desktop.ended'; readonly desktopId: string; readonly kind: 'broken' | 'lost' | 'released'; readonly reason: string })
  /** The run's desktop will end soon, by its age; `isLast`: whoever is in control. */
  | (At & { readonly type: 'desktop.expires'; readonly desktopId: string; readonly reason: string; readonly isLast: boolean })
  | (At & { readonly type: 'briefing'; readonly version: string; readonly text: string })
  | (Answers & { readonly type: 'model.answered'; readonly turn: Turn; readonly ms: number; /** US dollars; null without a price. */ readonly costUsd: number | null })
  | (Answers & { readonly type: 'model.failed'; readonly message: string; readonly ms: number })
  | (Answers & { readonly type: 'action.ended'; readonly outcome: ActionOutcome; readonly timings: StepTimings })
  | (Answers & { readonly type: 'tool.ended'; readonly output: string; readonly isError: boolean; readonly ms: number })
  | (Answers & { readonly type: 'observed'; readonly frame: Frame })
  /** The desktop could not be asked: it is gone, broken, or did not answer within every deadline. */
  | (Answers & { readonly type: 'desktop.unreachable'; readonly message: string })
  | (Answers & { readonly type: 'finished'; readonly artefacts: readonly Artefact[]; /** What of the Outbox was not kept, and why. */ readonly lost: readonly string[]; readonly released: boolean; readonly reason: string })
  | (At & { readonly type: 'approval.decide'; readonly approvalId: string; readonly decision: 'approve' | 'deny'; readonly by: string; readonly reason: string | null; /** Texts in place of those asked about. */ readonly edits?: readonly Edit[]; /** What the model's question is answered with. */ readonly answer?: string })
  /** The desktop wants to reach a host that no rule covers. */
  | (At & { readonly type: 'network.contact'; readonly host: string; readonly port: number })
  | (At & { readonly type: 'network.decided'; readonly contact: Contact })
  | (At & { readonly type: 'network.change'; readonly policy: NetworkPolicy | null; readonly allow: readonly HostRule[]; readonly by: string })
  | (At & { readonly type: 'deadline'; readonly deadlineId: string; /** When the run's desktop was last used, by whatever means. */ readonly usedAt?: number | undefined })
  /** The wall clock was set, by so much more than the time that passed. */
  | (At & { readonly type: 'clock.jumped'; readonly driftMs: number })
  | (At & { readonly type: 'cancel'; readonly by: string; readonly reason: string })
  | (At & { readonly type: 'pause'; readonly by: string; readonly reason: string | null })
  | (At & { readonly type: 'resume'; readonly by: string })
  | (At & {
      readonly type: 'control.take';
      /** A secret of whoever takes it. */
      readonly leaseId: string;
      readonly holder: string;
      readonly principal: string;
      readonly ttlMs: number;
      readonly reason: string | null;
      /** Whether it is taken even from a person who has it. */
      readonly isForced: boolean;
    })
  | (At & { readonly type: 'control.renew'; readonly leaseId: string; readonly ttlMs: number })
  | (At & { readonly type: 'control.giveBack'; readonly leaseId: string; /** For the model. */ readonly note: string | null })
  | (At & { readonly type: 'control.request'; readonly by: string; readonly principal: string; readonly reason: string | null })
  | (Answers & { readonly type: 'fenced'; readonly epoch: number } & Fenced)
  | (Answers & { readonly type: 'fence.failed'; readonly message: string })
  | (At & { readonly type: 'operator.act'; readonly leaseId: string; readonly actionId: string; readonly action: OperatorAction })
  /** What the person in control did through the live view meanwhile: how often, not what. */
  | (At & { readonly type: 'operator.live'; readonly leaseId: string; readonly deeds: Deeds })
  | (Answers & { readonly type: 'operated'; readonly by: string; readonly outcome: OperatorOutcome })
  | (At & { readonly type: 'message'; readonly from: 'person' | 'caller'; readonly by: string; readonly text: string })
  | (At & { readonly type: 'caller.answer'; readonly answers: readonly CallerAnswer[]; readonly by: string; /** What holds for the model's answers from here on, if anything new does. */ readonly rules?: AnswerRules; /** What the caller wants repeated, kept with its answers. */ readonly echo?: Readonly<Record<string, unknown>> })
  /** A caller wants these actions done; rules have something to say about them. */
  | (At & { readonly type: 'caller.propose'; readonly proposalId: string; readonly actions: readonly Action[]; readonly decidedOn: string | null; /** The window that has the focus. */ readonly focus?: Focus; /** Rules that a person has answered for them. */ readonly answered?: readonly string[] })
  /** The caller that an approval was opened for is gone. */
  | (At & { readonly type: 'caller.withdraw'; readonly approvalId: string })
  /** The caller is done with its desktop. */
  | (At & { readonly type: 'caller.release'; readonly by: string })
  | (At & {
      readonly type: 'caller.act';
      readonly actionId: string;
      readonly action: Action;
      readonly decidedOn: string | null;
      /** A person approved it: a target that changed since is refused even where it is animated. */
      readonly isApproved?: boolean;
      /** The window by which it was judged. */
      readonly window?: Partial<FocusedWindow> | null;
      readonly staleTarget: StaleTargetPolicy;
      readonly settle: Partial<SettleOptions> | null;
      readonly capture: CaptureInput | null;
    });

export type RunCommandOf<Type extends RunCommand['type']> = Extract<RunCommand, { type: Type }>;
