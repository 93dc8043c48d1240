import type { Picture } from '../picture.ts';
import type { AuditEntry } from '../audit-chain.ts';
import type { AuditSearch, Deed } from './audit-table.ts';
import type { SessionTable } from './session-table.ts';
import type { TokenTable } from './token-table.ts';
import type { NewUpload, StoredUpload, WaitingUploads } from './upload-table.ts';

/** What happened, as the journal keeps it: any JSON object with a type. Its meaning belongs to whoever wrote it. */
export type StoredFact = { readonly type: string };

/** One entry of the journal. `sequence` counts over all runs and only grows. */
export type StoredEvent = { readonly sequence: number; readonly runId: string; readonly at: number; readonly fact: unknown };

/** An effect that was decided and whose outcome is not recorded yet. */
export type StoredEffect = { readonly effectId: string; readonly runId: string; readonly kind: string; readonly data: unknown };

/** A time at which a run wants to be woken. */
export type StoredDeadline = { readonly runId: string; readonly deadlineId: string; readonly dueAt: number };

/** A run as stored: the snapshot of its chart, and the view by which it is listed. */
export type StoredRun = { readonly runId: string; readonly project: string; readonly version: number; readonly snapshot: unknown; readonly view: unknown };

/** The columns by which runs are found. */
export type RunIndex = {
  readonly project: string;
  readonly driver: string;
  readonly state: string;
  readonly isOver: boolean;
  readonly desktopId: string | null;
  readonly task: string;
  readonly createdAt: number;
};

export type RunQuery = {
  readonly project: string;
  readonly states?: readonly string[] | undefined;
  readonly driver?: string | undefined;
  readonly desktopId?: string | undefined;
  readonly search?: string | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
};

export type ApprovalQuery = {
  readonly project: string;
  readonly runId?: string | undefined;
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
};

/** How much there is of what is not over. */
export type Census = { readonly runs: readonly { readonly state: string; readonly count: number; readonly oldestAt: number }[]; readonly approvals: readonly { readonly kind: string; readonly count: number }[] };

export type StoredApproval = { readonly id: string; readonly runId: string; readonly state: string; readonly openedAt: number; readonly approval: unknown };

/**
 * Everything that one event changes in one run, as data: it becomes durable as a whole or not at all. `expectedVersion`
 * is the version on which the change was computed (0 for a new run); another version in the journal is a `conflict`.
 */
export type Commit = {
  readonly runId: string;
  readonly expectedVersion: number;
  readonly at: number;
  readonly index: RunIndex;
  readonly snapshot: unknown;
  readonly view: unknown;
  readonly facts: readonly StoredFact[];
  readonly effectsBegun: readonly { readonly effectId: string; readonly kind: string; readonly data: unknown }[];
  readonly effectsEnded: readonly string[];
  /** All deadlines of the run from now on. */
  readonly deadlines: readonly { readonly deadlineId: string; readonly dueAt: number }[];
  readonly approvals: readonly StoredApproval[];
  /** The control epoch that the run has raised its desktop to, if any; the journal remembers the highest of each desktop. */
  readonly controlEpoch?: number | undefined;
  /** Who did this, for the audit. */
  readonly deeds?: readonly Deed[];
  /** Uploads that are the run's from now on. One that is not there, or is another run's, is a `conflict`. */
  readonly uploads?: readonly string[];
};

/** A kept file of a run. */
export type StoredArtefact = { readonly id: string; readonly name: string; readonly size: number; readonly sha256: string; readonly path: string };

/**
 * What Vitrine remembers: events, snapshots, outbox, deadlines, approvals, pictures. One process writes; a second one on
 * the same folder is refused. Every method is synchronous but those that move pictures and files. Errors are
 * VitrineError: `conflict` (version), `unavailable` (disk full, database locked or damaged).
 */
export interface Journal {
  /** Grows by one with every opening: fences the desktops against an older controller. */
  readonly controllerEpoch: number;
  commit(change: Commit): readonly StoredEvent[];
  run(runId: string): StoredRun | undefined;
  unfinishedRuns(): readonly StoredRun[];
  /** Newest first. `next` names the last run of a full page, to be given as `after`. */
  findRuns(query: RunQuery): { readonly views: readonly unknown[]; readonly next: string | null };
  /** Oldest first: the first `limit` after a sequence number, or with `newest` the last of them. */
  events(query: { readonly project: string; readonly runId?: string | undefined; readonly after: number; readonly limit: number; readonly newest?: boolean | undefined }): readonly StoredEvent[];
  effects(runId: string): readonly StoredEffect[];
  dueDeadlines(now: number): readonly StoredDeadline[];
  /** The earliest deadline of all; undefined if there is none. */
  nextDeadline(): number | undefined;
  approval(id: string): { readonly project: string; readonly approval: unknown } | undefined;
  /** Newest first. `next` names the last approval of a full page, to be given as `after`. */
  findApprovals(query: ApprovalQuery): { readonly approvals: readonly unknown[]; readonly next: string | null };
  /** Unfinished runs by state, with the creation of each state's oldest, and open approvals by kind; over all projects. */
  census(): Census;
  /** The highest control epoch that was ever decided for a desktop; 0 for one that nobody was in control of. */
  controlEpoch(desktopId: string): number;
  /** Keeps a frame's picture; on disk when this resolves. A picture that no event names is garbage. */
  keepPicture(runId: string, picture: Picture): Promise<void>;
  /** Throws `not_found`. */
  picture(runId: string, frameId: string): Promise<Picture>;
  /** Keeps a file of a run, whole or not at all. Throws `payload_too_large`. */
  keepArtefact(runId: string, name: string, content: AsyncIterable<Buffer>, maxBytes: number): Promise<StoredArtefact>;
  artefact(runId: string, artefactId: string): StoredArtefact | undefined;
  /** All kept files of a run, oldest first. */
  artefacts(runId: string): readonly StoredArtefact[];
  /** Keeps what passed through the gates of a run, in place of what was kept before. A run that is not there any more has nothing to keep. */
  keepTraffic(runId: string, traffic: unknown): void;
  traffic(runId: string): unknown;
  /** Keeps a file for a run that is to come, whole or not at all (upload-table.ts). Throws `payload_too_large`, `unavailable`. */
  keepUpload(upload: NewUpload, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredUpload>;
  upload(id: string): StoredUpload | undefined;
  /** What somebody has uploaded and given to no run. */
  waitingUploads(project: string, owner: string, at: number): WaitingUploads;
  /** Removes an upload that no run has; false if there is none. */
  removeUpload(id: string): Promise<boolean>;
  /** Removes the uploads that a run has: it does not put them in again. */
  releaseUploads(runId: string): Promise<void>;
  /** Puts a mark on a run, once and for good; it is no part of the run's history. */
  mark(runId: string, mark: string, at: number): void;
  isMarked(runId: string, mark: string): boolean;
  /** Throws `unavailable` with folder and free space when the disk has no room for new work, of so many bytes. */
  checkRoom(bytes?: number): void;
  /** Writes down what somebody did that no commit tells; durable when it returns. */
  recordDeed(deed: Deed): void;
  /** The audit of a project, oldest first unless the newest are asked for. */
  audit(query: AuditSearch): readonly AuditEntry[];
  /** Who may ask what. */
  readonly tokens: TokenTable;
  /** Who is signed in with a browser. */
  readonly sessions: SessionTable;
  /** Throws `unavailable` with the reason when the journal cannot be written. */
  checkWritable(): void;
  close(): void;
}
