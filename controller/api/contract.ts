import type { z } from 'zod';
import type { Scope } from '../access/scopes.ts';
import { NewToken, TokenView } from '../access/token-book.ts';
import { Approval, Decision, QuestionReply } from '../approvals/approval.ts';
import { DesktopImageView } from '../desktops/desktop-image.ts';
import { DesktopView } from '../desktops/desktop.ts';
import { Diagnosis } from '../doctor/doctor.ts';
import { SelfTest } from '../doctor/self-test.ts';
import type { ErrorCode } from '../errors.ts';
import * as control from '../runs/control/control.ts';
import { Run } from '../runs/run.ts';
import { NewDesktop, NewRun } from '../runs/templates/template.ts';
import { Upload } from '../runs/files/upload.ts';
import * as access from './access-shapes.ts';
import { Film } from './replay/film-shape.ts';
import * as shape from './shapes.ts';

/** What a route answers with besides JSON. `events` is a server-sent event stream, asked for by Accept. */
export type AnswerKind = 'picture' | 'file' | 'page' | 'events' | 'metrics' | 'archive';

/** What one route promises. Its method and path are its key in `routes`; `{path}` stands for the rest of the URL's path. */
export type RouteSpec = {
  readonly summary: string;
  readonly scope: Scope;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** A JSON body, or `bytes`: any content, streamed. */
  readonly body?: z.ZodType | 'bytes';
  /** A JSON body may be left out. */
  readonly isBodyOptional?: boolean;
  readonly status: 200 | 201 | 204;
  /** The JSON answer. */
  readonly answer?: z.ZodType;
  readonly alsoAnswers?: readonly AnswerKind[];
  /** Failures besides those that every route has (openapi.ts). */
  readonly errors: readonly ErrorCode[];
};

const onDesktop = ['not_found', 'gone', 'desktop_broken', 'deadline_exceeded'] as const;

/**
 * Everything that may be asked, by method and path. Router, validation, OpenAPI document and the clients' types are
 * made from this table.
 */
export const routes = {
  'POST /api/desktops': { summary: 'Launch a desktop and wait until it is ready.', scope: 'desktops:create', body: NewDesktop, isBodyOptional: true, status: 201, answer: DesktopView,
    errors: ['conflict', 'too_many_requests', 'engine_unavailable', 'image_missing', 'unavailable', 'deadline_exceeded'] },
  'GET /api/desktops': { summary: 'List the desktops.', scope: 'desktops:read', status: 200, answer: shape.DesktopList, errors: [] },
  'GET /api/desktops/{id}': { summary: 'Show a desktop.', scope: 'desktops:read', params: shape.DesktopParams, status: 200, answer: DesktopView, errors: ['not_found'] },
  'DELETE /api/desktops/{id}': { summary: 'Release a desktop: its container is removed.', scope: 'desktops:release', params: shape.DesktopParams, status: 204, errors: ['not_found', 'conflict', 'engine_unavailable'] },
  'POST /api/desktops/{id}/actions': { summary: 'Perform actions, in order, until one is not performed; then capture the screen.', scope: 'desktops:act', params: shape.DesktopParams, query: shape.ActionsQuery,
    body: shape.ActionsRequest, status: 200, answer: shape.ActionsResult, alsoAnswers: ['picture'], errors: [...onDesktop, 'conflict', 'unprocessable', 'unavailable'] },
  'GET /api/desktops/{id}/frame': { summary: 'Capture the screen.', scope: 'desktops:read', params: shape.DesktopParams, query: shape.FrameQuery, status: 200, alsoAnswers: ['picture'], errors: [...onDesktop, 'conflict', 'unprocessable'] },
  'GET /api/desktops/{id}/thumbnail': { summary: 'A small JPEG of the screen, at most about a second old, whoever is in control; no use of the desktop. Knows If-None-Match.', scope: 'desktops:read', params: shape.DesktopParams, status: 200, alsoAnswers: ['picture'],
    errors: [...onDesktop, 'conflict', 'unprocessable'] },
  'GET /api/desktops/{id}/state': { summary: 'What is held, where the pointer is, which windows there are.', scope: 'desktops:read', params: shape.DesktopParams, status: 200, answer: shape.DesktopInputState, errors: [...onDesktop, 'conflict'] },
  'GET /api/desktops/{id}/files': { summary: 'List a folder of the home folder.', scope: 'files:read', params: shape.DesktopParams, query: shape.FilesQuery, status: 200, answer: shape.FileList, errors: [...onDesktop, 'conflict', 'forbidden'] },
  'GET /api/desktops/{id}/files/{path}': { summary: 'Read a file.', scope: 'files:read', params: shape.FileParams, status: 200, alsoAnswers: ['file'], errors: [...onDesktop, 'conflict', 'forbidden'] },
  'PUT /api/desktops/{id}/files/{path}': { summary: 'Write a file, whole or not at all.', scope: 'files:write', params: shape.FileParams, body: 'bytes', status: 200, answer: shape.FileWritten, errors: [...onDesktop, 'conflict', 'forbidden', 'payload_too_large'] },
  'DELETE /api/desktops/{id}/files/{path}': { summary: 'Remove a file or an empty folder.', scope: 'files:write', params: shape.FileParams, status: 204, errors: [...onDesktop, 'conflict', 'forbidden'] },
  'GET /api/desktops/{id}/clipboard': { summary: 'Read the clipboard.', scope: 'desktops:read', params: shape.DesktopParams, status: 200, answer: shape.Clipboard, errors: [...onDesktop, 'conflict'] },
  'PUT /api/desktops/{id}/clipboard': { summary: 'Set the clipboard.', scope: 'desktops:act', params: shape.DesktopParams, body: shape.Clipboard, status: 204, errors: [...onDesktop, 'conflict'] },
  'POST /api/desktops/{id}/programs': { summary: 'Run a program as the desktop\'s user and wait for its end.', scope: 'programs:run', params: shape.DesktopParams, body: shape.ProgramRequest, status: 200, answer: shape.ProgramResult,
    errors: [...onDesktop, 'conflict', 'forbidden'] },

  'GET /api/desktops/{id}/control': { summary: 'Who may give input now.', scope: 'desktops:read', params: shape.DesktopParams, status: 200, answer: control.DesktopControl, errors: ['not_found'] },
  'POST /api/desktops/{id}/control/take': { summary: 'Take control from the agent, for as long as the lease lasts.', scope: 'control:take', params: shape.DesktopParams, body: control.TakeControl, isBodyOptional: true, status: 200, answer: control.ControlTaken,
    errors: [...onDesktop, 'conflict', 'unavailable'] },
  'POST /api/desktops/{id}/control/seize': { summary: 'Take control even from another person.', scope: 'control:seize', params: shape.DesktopParams, body: control.TakeControl, isBodyOptional: true, status: 200, answer: control.ControlTaken,
    errors: [...onDesktop, 'conflict', 'unavailable'] },
  'POST /api/desktops/{id}/control/renew': { summary: 'Keep control for longer.', scope: 'control:take', params: shape.DesktopParams, body: control.RenewControl, status: 200, answer: control.DesktopControl, errors: ['not_found', 'conflict'] },
  'POST /api/desktops/{id}/control/give-back': { summary: 'Give control back to the agent, who is told what happened.', scope: 'control:take', params: shape.DesktopParams, body: control.GiveBack, status: 200, answer: control.DesktopControl, errors: ['not_found', 'conflict'] },
  'POST /api/desktops/{id}/control/request': { summary: 'Ask whoever is in control for it.', scope: 'control:take', params: shape.DesktopParams, body: control.RequestControl, isBodyOptional: true, status: 200, answer: control.DesktopControl, errors: ['not_found', 'conflict'] },
  'GET /api/desktops/{id}/control/processes': { summary: 'What the agent has left running; the lease in X-Vitrine-Lease.', scope: 'control:take', params: shape.DesktopParams, status: 200, answer: control.LeftProcesses, errors: [...onDesktop, 'conflict'] },
  'POST /api/desktops/{id}/control/end-process': { summary: 'End a process that the agent left running.', scope: 'control:take', params: shape.DesktopParams, body: control.EndProcess, status: 200, answer: control.LeftProcesses, errors: [...onDesktop, 'conflict', 'unprocessable'] },
  'GET /api/inbox': { summary: 'Everything that waits for a person, over all runs.', scope: 'runs:read', status: 200, answer: shape.Inbox, errors: [] },

  'POST /api/uploads': { summary: 'Send a file for a run that is to come. It waits an hour for a run that names it.', scope: 'files:write', query: shape.UploadQuery, body: 'bytes', status: 201, answer: Upload,
    errors: ['payload_too_large', 'too_many_requests', 'unavailable'] },
  'GET /api/uploads/{id}': { summary: 'Show an upload of one\'s own.', scope: 'files:read', params: shape.UploadParams, status: 200, answer: Upload, errors: ['not_found'] },
  'DELETE /api/uploads/{id}': { summary: 'Remove an upload that no run has.', scope: 'files:write', params: shape.UploadParams, status: 204, errors: ['not_found', 'conflict'] },

  'POST /api/runs': { summary: 'Give a task. The run begins at once; follow it by its events.', scope: 'runs:create', body: NewRun, status: 201, answer: Run, errors: ['not_found', 'conflict', 'payload_too_large', 'unprocessable', 'too_many_requests', 'unavailable'] },
  'GET /api/runs': { summary: 'List the runs, newest first.', scope: 'runs:read', query: shape.RunsQuery, status: 200, answer: shape.RunPage, errors: [] },
  'GET /api/runs/{id}': { summary: 'Show a run, if asked after waiting for its end.', scope: 'runs:read', params: shape.RunParams, query: shape.RunQuery, status: 200, answer: Run, errors: ['not_found'] },
  'POST /api/runs/{id}/cancel': { summary: 'End a run. One that is over stays as it is.', scope: 'runs:control', params: shape.RunParams, body: shape.CancelRequest, isBodyOptional: true, status: 200, answer: Run, errors: ['not_found'] },
  'POST /api/runs/{id}/pause': { summary: 'Let no new effect begin.', scope: 'runs:control', params: shape.RunParams, status: 200, answer: Run, errors: ['not_found', 'conflict'] },
  'POST /api/runs/{id}/resume': { summary: 'Go on after a pause.', scope: 'runs:control', params: shape.RunParams, status: 200, answer: Run, errors: ['not_found', 'conflict'] },
  'POST /api/runs/{id}/messages': { summary: 'Say something to the model, with its next turn.', scope: 'runs:control', params: shape.RunParams, body: shape.MessageRequest, status: 200, answer: Run, errors: ['not_found', 'conflict'] },
  'POST /api/runs/{id}/policy-test': { summary: 'What rules would have done to this run. Nothing is changed.', scope: 'runs:read', params: shape.RunParams, body: shape.PolicyTest, status: 200, answer: shape.PolicyTestResult, errors: ['not_found', 'deadline_exceeded'] },
  'GET /api/runs/{id}/network': { summary: 'What a run\'s desktop may reach, and what it reached and did not.', scope: 'runs:read', params: shape.RunParams, status: 200, answer: shape.RunNetwork, errors: ['not_found'] },
  'POST /api/runs/{id}/network': { summary: 'Change what a run\'s desktop may reach. What is open and not covered any more is cut.', scope: 'network:write', params: shape.RunParams, body: shape.NetworkChange, status: 200, answer: shape.RunNetwork, errors: ['not_found', 'conflict', 'forbidden'] },
  'GET /api/runs/{id}/events': { summary: 'Events of a run: a list, or a stream that ends with the run.', scope: 'runs:read', params: shape.RunParams, query: shape.EventsQuery, status: 200, answer: shape.EventPage, alsoAnswers: ['events'], errors: ['not_found'] },
  'GET /api/runs/{id}/frames/{frameId}': { summary: 'The picture of a frame.', scope: 'runs:read', params: shape.FrameParams, status: 200, alsoAnswers: ['picture'], errors: ['not_found', 'gone'] },
  'GET /api/runs/{id}/artefacts': { summary: 'List the files that outlived the desktop.', scope: 'runs:read', params: shape.RunParams, status: 200, answer: shape.ArtefactList, errors: ['not_found'] },
  'GET /api/runs/{id}/artefacts/{artefactId}': { summary: 'Read an artefact.', scope: 'runs:read', params: shape.ArtefactParams, status: 200, alsoAnswers: ['file'], errors: ['not_found'] },
  'GET /api/runs/{id}/film': { summary: 'The run as a film up to now: scenes, the frames they show, who was in control and in which state it was.', scope: 'runs:read', params: shape.RunParams, status: 200, answer: Film, errors: ['not_found'] },
  'GET /api/runs/{id}/replay': { summary: 'The whole run as one self-contained page.', scope: 'runs:read', params: shape.RunParams, status: 200, alsoAnswers: ['page'], errors: ['not_found', 'unavailable'] },
  'GET /api/events': { summary: 'Events of all runs, in one sequence: a list, or a stream.', scope: 'runs:read', query: shape.EventsQuery, status: 200, answer: shape.EventPage, alsoAnswers: ['events'], errors: [] },

  'GET /api/approvals': { summary: 'List the questions to people.', scope: 'approvals:read', query: shape.ApprovalsQuery, status: 200, answer: shape.ApprovalList, errors: [] },
  'GET /api/approvals/{id}': { summary: 'Show an approval.', scope: 'approvals:read', params: shape.ApprovalParams, status: 200, answer: Approval, errors: ['not_found'] },
  'POST /api/approvals/{id}/decision': { summary: 'Decide an approval, once; typed texts may be edited.', scope: 'approvals:decide', params: shape.ApprovalParams, body: Decision, status: 200, answer: Approval, errors: ['not_found', 'conflict', 'forbidden', 'unprocessable'] },
  'POST /api/approvals/{id}/answer': { summary: 'Answer a question of the model\'s, or leave it unanswered, once.', scope: 'runs:control', params: shape.ApprovalParams, body: QuestionReply, status: 200, answer: Approval, errors: ['not_found', 'conflict', 'unprocessable'] },

  'GET /api/me': { summary: 'Who asks, and what he may do.', scope: 'models:read', status: 200, answer: access.Me, errors: [] },
  'POST /api/session': { summary: 'Sign a browser in: a token for a cookie that lasts 8 h.', scope: 'open', body: access.SignIn, status: 200, answer: access.Me, errors: ['unauthorized', 'too_many_requests', 'unavailable'] },
  'DELETE /api/session': { summary: 'Sign out: the session of the cookie ends at once, with every stream that it holds open.', scope: 'models:read', status: 204, errors: ['unavailable'] },
  'POST /api/tickets': { summary: 'A ticket for one event stream or live view, within 30 s.', scope: 'runs:read', body: access.TicketRequest, status: 201, answer: access.MadeTicket, errors: ['not_found', 'conflict', 'gone', 'too_many_requests'] },
  'GET /api/tokens': { summary: 'List the tokens, the revoked ones too.', scope: 'tokens:manage', status: 200, answer: shape.TokenList, errors: [] },
  'POST /api/tokens': { summary: 'Make a token. It is shown in this answer and never again.', scope: 'tokens:manage', body: NewToken, status: 201, answer: shape.MadeToken, errors: ['conflict', 'unavailable'] },
  'DELETE /api/tokens/{id}': { summary: 'Revoke a token: it ends at once, with every stream that it holds open.', scope: 'tokens:manage', params: shape.TokenParams, status: 200, answer: TokenView, errors: ['not_found', 'unavailable'] },

  'GET /api/audit/verification': { summary: 'Compute the audit\'s chain of hashes again.', scope: 'audit:read', status: 200, answer: shape.AuditVerification, errors: [] },
  'GET /api/audit': { summary: 'Who changed what, when and from where, as a chain of hashes; oldest first, unless the newest are asked for.', scope: 'audit:read', query: shape.AuditQuery, status: 200, answer: shape.AuditPage, errors: [] },

  'POST /api/desktops/{id}/self-test': { summary: 'Attack a desktop from inside, in every way that is known, and tell what came of it. No run may hold it.', scope: 'programs:run', params: shape.DesktopParams, body: shape.SelfTestRequest, isBodyOptional: true, status: 200, answer: SelfTest,
    errors: [...onDesktop, 'conflict', 'forbidden'] },
  'GET /api/doctor': { summary: 'What the installation stands on: engine, limits, separation.', scope: 'desktops:create', status: 200, answer: Diagnosis, errors: [] },

  'GET /api/image': { summary: 'The image that desktops are made from: whether it is there, and how far a build of it is.', scope: 'desktops:read', status: 200, answer: DesktopImageView, errors: ['engine_unavailable', 'unprocessable', 'deadline_exceeded'] },
  'POST /api/image/build': { summary: 'Build that image from Vitrine\'s own files, or join the build under way. Nothing about it can be asked for.', scope: 'image:build', status: 200, answer: DesktopImageView, errors: ['engine_unavailable', 'unprocessable', 'unavailable', 'deadline_exceeded'] },
  'POST /api/image/build/cancel': { summary: 'Give the build under way up. What it finished is used by the next one.', scope: 'image:build', status: 200, answer: DesktopImageView, errors: ['engine_unavailable', 'unprocessable', 'unavailable', 'deadline_exceeded'] },

  'GET /api/templates': { summary: 'List the templates of desktops.', scope: 'desktops:read', status: 200, answer: shape.TemplateList, errors: [] },
  'GET /api/models': { summary: 'List the models.', scope: 'models:read', status: 200, answer: shape.ModelList, errors: [] },
  'GET /api/backup': { summary: 'Everything that is remembered, as one tar file, while runs go on.', scope: 'backup:read', status: 200, alsoAnswers: ['archive'], errors: ['unavailable'] },
  'POST /api/restore': { summary: 'Put a backup in the place of everything: runs are parked, desktops released, unfinished runs of the backup end.', scope: 'backup:restore', body: 'bytes', status: 200, answer: shape.Restored,
    errors: ['unprocessable', 'conflict', 'unavailable'] },
  'GET /healthz': { summary: 'Whether the process answers.', scope: 'open', status: 200, answer: shape.Alive, errors: [] },
  'GET /readyz': { summary: 'Whether it can do its work; with a token, why not.', scope: 'open', status: 200, answer: shape.Readiness, errors: ['unavailable'] },
  'GET /metrics': { summary: 'The metrics of the installation, in the text format of Prometheus.', scope: 'metrics:read', status: 200, alsoAnswers: ['metrics'], errors: ['unavailable'] },
  'GET /openapi.json': { summary: 'This API as an OpenAPI document.', scope: 'open', status: 200, answer: shape.OpenApiDocument, errors: [] },
} as const satisfies Readonly<Record<`${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`, RouteSpec>>;

/** Method and path of a route. */
export type RouteKey = keyof typeof routes;

type SpecOf<Key extends RouteKey> = (typeof routes)[Key];
type Part<Spec, Name extends string> = Spec extends Readonly<Record<Name, infer Schema>> ? Schema : undefined;
type Sent<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route's parameters, query and body as its handler gets them. */
export type RequestOf<Key extends RouteKey> = {
  readonly params: Parsed<Part<SpecOf<Key>, 'params'>>;
  readonly query: Parsed<Part<SpecOf<Key>, 'query'>>;
  readonly body: Parsed<Part<SpecOf<Key>, 'body'>>;
};

/** What a client sends to a route: path parameters and query as text, the body as it may be written. */
export type CallOf<Key extends RouteKey> =
  & (Sent<Part<SpecOf<Key>, 'params'>> extends undefined ? { readonly params?: undefined } : { readonly params: Sent<Part<SpecOf<Key>, 'params'>> })
  & { readonly query?: Sent<Part<SpecOf<Key>, 'query'>>; readonly body?: Sent<Part<SpecOf<Key>, 'body'>> };

/** The JSON that a route answers with. */
export type AnswerOf<Key extends RouteKey> = Parsed<Part<SpecOf<Key>, 'answer'>>;
