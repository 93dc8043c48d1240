import { z } from 'zod';
import {
  Action, ActionOutcome, CaptureOptions, FileEntry, Frame, HomePath, ImageFormat, Region, SettleOptions, StaleTargetPolicy, handsMethods, limits, shimMethods,
} from '../../sandbox-image/wire/index.ts';
import { AuditEntry } from '../audit-chain.ts';
import { TokenView } from '../access/token-book.ts';
import { Approval, ApprovalKind, ApprovalState } from '../approvals/approval.ts';
import { DesktopView } from '../desktops/desktop.ts';
import { HostTotal } from '../gate/contact.ts';
import { HostRule } from '../gate/host-rule.ts';
import { NetworkPolicy } from '../gate/network-policy.ts';
import { InboxItem } from '../runs/control/control.ts';
import { policyOf, RuleMatch } from '../policy/rule.ts';
import { RunEvent } from '../runs/run-event.ts';
import { Artefact, Run, RunState } from '../runs/run.ts';
import { UploadName } from '../runs/files/upload.ts';
import { NamedTemplate } from '../runs/templates/template.ts';
import { urlBoolean, urlInteger, urlList, urlNumber, urlRegion } from './query.ts';

/** The shapes that exist only at the API. All others belong to the folders they are imported from. */

/** Every failure has this body; `code` is stable, the message is for people. */
export const ErrorBody = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).optional() }),
}).meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof ErrorBody>;

const id = z.string().min(1).max(128);
export const DesktopParams = z.strictObject({ id });
export const RunParams = z.strictObject({ id });
export const FrameParams = z.strictObject({ id, frameId: Frame.shape.frameId });
export const ArtefactParams = z.strictObject({ id, artefactId: id });
export const ApprovalParams = z.strictObject({ id });
/** Below home, with `/` between folders; the rest of the URL's path. */
const FilePath = HomePath.refine((path) => !path.split('/').includes('..'), { error: 'a path may not climb with ..: files live below the home folder' });
export const FileParams = z.strictObject({ id, path: FilePath });

const captureQuery = {
  format: ImageFormat.optional(),
  quality: urlInteger(1, 100).optional(),
  /** Size of the picture relative to the screen, 0.05 to 1. */
  scale: urlNumber(0.05, 1).optional(),
  maxWidth: urlInteger(16, limits.maxDisplayEdge).optional(),
  maxHeight: urlInteger(16, limits.maxDisplayEdge).optional(),
  region: urlRegion(Region).optional(),
  pointer: urlBoolean().optional(),
};

/** How a frame of a desktop is wanted. The format can also be asked for by Accept. `settle=true` waits until the screen is quiet. */
export const FrameQuery = z.strictObject({ ...captureQuery, settle: urlBoolean().optional() });
export type FrameQuery = z.output<typeof FrameQuery>;

/** Actions for a desktop, performed in order until one is not performed. */
export const ActionsRequest = z.strictObject({
  actions: z.array(Action).min(1).max(limits.maxActionsPerTurn),
  /** How to capture the screen afterwards; null for no capture. */
  capture: CaptureOptions.nullable().prefault({}),
  settle: SettleOptions.partial().optional(),
  /** The frame on which the caller decided; with it targets that changed since are refused. */
  decidedOn: Frame.shape.frameId.optional(),
  staleTarget: StaleTargetPolicy.optional(),
  /** The lease of a person in control; the header X-Vitrine-Lease does the same. */
  lease: z.string().min(16).max(64).optional(),
}).meta({ id: 'ActionsRequest' });
export type ActionsRequest = z.output<typeof ActionsRequest>;

/** `picture=true` asks for the last frame's picture as the body; Accept: image/… does the same. */
export const ActionsQuery = z.strictObject({ picture: urlBoolean().optional() });

/** What became of one action, and how long it took in all as the controller saw it. */
export const DirectOutcome = ActionOutcome.extend({ totalMs: z.number().nonnegative() }).meta({ id: 'DirectOutcome' });

/** What became of the actions. Those after the first that was not performed have no outcome. */
export const ActionsResult = z.strictObject({
  runId: z.string(),
  /** Whether every action was performed. */
  complete: z.boolean(),
  outcomes: z.array(DirectOutcome),
  /** The last frame captured; its picture is at `links.frame`. */
  frame: Frame.nullable(),
  links: z.strictObject({ run: z.string(), frame: z.string().nullable() }),
}).meta({ id: 'ActionsResult' });
export type ActionsResult = z.infer<typeof ActionsResult>;

export const DesktopList = z.strictObject({ desktops: z.array(DesktopView) }).meta({ id: 'DesktopList' });
export const DesktopInputState = shimMethods.state.result.meta({ id: 'DesktopInputState' });

export const FilesQuery = z.strictObject({ path: FilePath.optional(), recursive: urlBoolean().optional(), limit: urlInteger(1, 10_000).optional() });
export const FileList = z.strictObject({ entries: z.array(FileEntry), truncated: z.boolean() }).meta({ id: 'FileList' });
export const FileWritten = z.strictObject({ path: z.string(), size: z.int().nonnegative() }).meta({ id: 'FileWritten' });

/** Text on the desktop's clipboard. */
export const Clipboard = z.strictObject({
  text: z.string().refine((text) => Buffer.byteLength(text) <= limits.maxClipboardBytes, { error: `at most ${limits.maxClipboardBytes} bytes of UTF-8: put a file instead` }),
}).meta({ id: 'Clipboard' });

/** A program to run as the desktop's user: an argument array, never a shell line. */
export const ProgramRequest = handsMethods.runProgram.params.meta({ id: 'ProgramRequest' });
/** How a program ended. `encoding` says how `stdout` and `stderr` are written: base64 when either is not UTF-8. */
export const ProgramResult = handsMethods.runProgram.result.extend({ stdout: z.string(), stderr: z.string(), encoding: z.enum(['utf8', 'base64']) }).meta({ id: 'ProgramResult' });
export type ProgramResult = z.infer<typeof ProgramResult>;

const sequence = urlInteger(0, Number.MAX_SAFE_INTEGER);
/** Filters of the audit: who did it, a part of what was done, what it was done to. With `newest=true` the newest come first. */
export const AuditQuery = z.strictObject({
  after: sequence.optional(),
  before: sequence.optional(),
  newest: urlBoolean().optional(),
  who: z.string().min(1).max(128).optional(),
  what: z.string().min(1).max(128).optional(),
  subject: z.string().min(1).max(256).optional(),
  limit: urlInteger(1, 1000).optional(),
});
/** Entries of the audit; `next` is the `after` (with `newest=true` the `before`) of the next page, null on the last. */
export const AuditPage = z.strictObject({ entries: z.array(AuditEntry), next: z.int().nullable() }).meta({ id: 'AuditPage' });

/** Whether the chain of hashes of a project's audit holds: how many entries fit, the hash of the last of them, and the sequence number of the first that does not. */
export const AuditVerification = z.strictObject({ entries: z.int().nonnegative(), last: z.string(), misfit: z.int().nullable() }).meta({ id: 'AuditVerification' });

/** Which seccomp profile a self-test holds a desktop to; the installation's if absent. */
export const SelfTestRequest = z.strictObject({ profile: z.enum(['browser', 'strict']).optional() }).meta({ id: 'SelfTestRequest' });

export const TokenParams = z.strictObject({ id });
export const TokenList = z.strictObject({ tokens: z.array(TokenView) }).meta({ id: 'TokenList' });
/** A new token with itself, shown once. */
export const MadeToken = z.strictObject({ token: z.string(), view: TokenView }).meta({ id: 'MadeToken' });

export const PolicyTest = z.strictObject({ rules: policyOf(100) }).meta({ id: 'PolicyTest' });
/** What rules would have said, turn by turn (turn 0 is a caller's action), and about the hosts that the run wanted to reach. */
export const PolicyTestResult = z.strictObject({
  turns: z.array(z.strictObject({ turn: z.int().nonnegative(), matches: z.array(RuleMatch) })),
  contacts: z.array(z.strictObject({ host: z.string(), port: z.int(), was: z.enum(['allowed', 'refused']), rule: z.string(), verdict: z.enum(['ask', 'refuse']), reason: z.string() })),
}).meta({ id: 'PolicyTestResult' });

/** The templates of the deployment. */
export const TemplateList = z.strictObject({ templates: z.array(NamedTemplate) }).meta({ id: 'TemplateList' });
/** Another policy, hosts besides those of the policy, or both. */
export const NetworkChange = z.strictObject({ policy: NetworkPolicy.optional(), allow: z.array(HostRule).max(100).optional() }).meta({ id: 'NetworkChange' });
export const RunNetwork = z.strictObject({ policy: NetworkPolicy, allowed: z.array(HostRule), questions: z.array(Approval), hosts: z.array(HostTotal), quiet: z.int().nonnegative() }).meta({ id: 'RunNetwork' });

/** Filters of the list of runs, `search` for words of the task in any order; newest first, `after` from `next` of the page before. */
export const RunsQuery = z.strictObject({
  state: urlList(RunState, 20).optional(),
  driver: Run.shape.driver.optional(),
  desktop: id.optional(),
  search: z.string().min(1).max(200).optional(),
  limit: urlInteger(1, 200).optional(),
  after: z.string().min(1).max(256).optional(),
});
export const RunPage = z.strictObject({ runs: z.array(Run), next: z.string().nullable() }).meta({ id: 'RunPage' });
/** `wait`: seconds to wait for the run's end before answering. */
export const RunQuery = z.strictObject({ wait: urlNumber(0, 60).optional() });
export const CancelRequest = z.strictObject({ reason: z.string().trim().min(1).max(2000).optional() }).meta({ id: 'CancelRequest' });
export const MessageRequest = z.strictObject({ text: z.string().trim().min(1).max(100_000) }).meta({ id: 'MessageRequest' });

/** Events after a sequence number, `newest=true` for the last `limit` of them. As a stream (Accept: text/event-stream) the header Last-Event-ID takes precedence over `after`, and a `ticket` stands in for the token. */
export const EventsQuery = z.strictObject({ after: urlInteger(0, Number.MAX_SAFE_INTEGER).optional(), limit: urlInteger(1, 1000).optional(), newest: urlBoolean().optional(), ticket: z.string().max(128).optional() });
/** `next` is the `after` of the next page; null when there is none yet. */
export const EventPage = z.strictObject({ events: z.array(RunEvent), next: z.int().nullable() }).meta({ id: 'EventPage' });

export const UploadParams = z.strictObject({ id });
/** `name`: what the file is called where it comes from. */
export const UploadQuery = z.strictObject({ name: UploadName });

export const ArtefactList = z.strictObject({ artefacts: z.array(Artefact) }).meta({ id: 'ArtefactList' });
/** Filters of the list of approvals; newest first, `after` from `next` of the page before. */
export const ApprovalsQuery = z.strictObject({ run: id.optional(), state: ApprovalState.optional(), kind: ApprovalKind.optional(), limit: urlInteger(1, 200).optional(), after: id.optional() });
export const ApprovalList = z.strictObject({ approvals: z.array(Approval), next: z.string().nullable() }).meta({ id: 'ApprovalList' });

/** A model of this deployment; `reason` says why it is not usable. */
export const ModelListed = z.strictObject({ name: z.string(), provider: z.string(), dialect: z.string(), usable: z.boolean(), reason: z.string().nullable() }).meta({ id: 'Model' });
export const ModelList = z.strictObject({ models: z.array(ModelListed) }).meta({ id: 'ModelList' });

/** What waits for a person over all runs, the oldest first. */
export const Inbox = z.strictObject({ items: z.array(InboxItem) }).meta({ id: 'Inbox' });

/** Liveness: the process answers. */
export const Alive = z.strictObject({ alive: z.literal(true) }).meta({ id: 'Alive' });
/** What was restored: when the backup was made, and how many runs and files are in it. */
export const Restored = z.strictObject({ backupAt: z.int(), runs: z.int(), files: z.int() }).meta({ id: 'Restored' });
/** What a data folder takes of its disk, in bytes; null where nothing was measured yet. */
export const DiskUse = z.strictObject({
  folder: z.string(),
  journalBytes: z.int(),
  framesBytes: z.int().nullable(),
  artefactsBytes: z.int().nullable(),
  uploadsBytes: z.int(),
  freeBytes: z.int(),
  totalBytes: z.int(),
}).meta({ id: 'DiskUse' });
/** Readiness; `checks` and `disk` only for those who send a token. */
export const Readiness = z.strictObject({
  ready: z.boolean(),
  checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), reason: z.string().nullable() })).optional(),
  disk: DiskUse.optional(),
}).meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
/** The OpenAPI document of this API. */
export const OpenApiDocument = z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' });
