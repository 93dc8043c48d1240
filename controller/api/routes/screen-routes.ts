import { offScreen } from '../../../sandbox-image/wire/index.ts';
import type { CaptureInput, Display, ImageFormat, Region } from '../../../sandbox-image/wire/index.ts';
import type { Desktops } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import type { Redactor } from '../../redactor.ts';
import type { Picture } from '../../picture.ts';
import type { Runs } from '../../runs/runs.ts';
import { foundDesktop } from '../found-desktop.ts';
import type { Context, Handlers } from '../handler.ts';
import { json } from '../reply.ts';
import type { Reply, ReplyHeaders } from '../reply.ts';
import type { ActionsResult, FrameQuery } from '../shapes.ts';

type Keys = 'POST /api/desktops/{id}/actions' | 'GET /api/desktops/{id}/frame' | 'GET /api/desktops/{id}/state';

/** Acting on a desktop, and looking at it. */
export function screenRoutes(desktops: Desktops, runs: Runs, redactor?: Redactor): Handlers<Keys> {
  /** Titles of windows may hold what was typed. */
  const clean = <Said>(said: Said): Said => redactor?.data(said) ?? said;
  return {
    async 'POST /api/desktops/{id}/actions'({ params, query, body }, { principal, signal, accepts, lease }) {
      const { display } = foundDesktop(desktops, params.id, principal);
      if (body.capture !== null) refuse(regionOffScreen(body.capture.region, display));
      const { run, performed } = await runs.performDirectly(params.id, { ...body, capture: body.capture ?? undefined, settle: body.settle, decidedOn: body.decidedOn, staleTarget: body.staleTarget, lease: body.lease ?? lease }, principal, signal);
      const last = performed.findLast(({ picture }) => picture !== undefined)?.picture;
      const isOperator = (body.lease ?? lease) !== undefined; // a frame of theirs is kept nowhere
      const result: ActionsResult = {
        runId: run.id,
        complete: performed.length === body.actions.length && performed.every(({ outcome }) => outcome.status === 'performed'),
        outcomes: performed.map(({ outcome, totalMs }) => ({ ...outcome, totalMs })),
        frame: last?.frame ?? null,
        links: { run: `/api/runs/${run.id}`, frame: last === undefined || isOperator ? null : `/api/runs/${run.id}/frames/${last.frame.frameId}` },
      };
      const wantsPicture = query.picture ?? accepts('application/json', 'image/png', 'image/webp', 'image/jpeg')?.startsWith('image/') ?? false;
      if (!wantsPicture || last === undefined) return json(result);
      return pictureReply(last, { 'x-vitrine-run': run.id, 'x-vitrine-outcomes': result.outcomes.map(({ status }) => status).join(',') });
    },
    async 'GET /api/desktops/{id}/frame'({ params, query }, { principal, signal, accepts, lease }) {
      const desktop = foundDesktop(desktops, params.id, principal);
      const use = runs.control.admit(params.id, lease, principal, signal);
      refuse(regionOffScreen(query.region, desktop.display));
      const capture = captureOf(query, desktop.display, acceptedFormat(accepts));
      const picture = clean(await desktop.capture({ capture, ...(query.settle === true ? { settle: {} } : {}) }, use));
      return pictureReply(picture, { 'x-vitrine-settled': String(picture.settled) });
    },
    async 'GET /api/desktops/{id}/state'({ params }, { principal, signal, lease }) {
      const desktop = foundDesktop(desktops, params.id, principal);
      return json(clean(await desktop.state(runs.control.admit(params.id, lease, principal, signal))));
    },
  };
}

/** A picture as an answer, its frame as JSON in the header x-vitrine-frame. */
export function pictureReply({ frame, bytes }: Picture, headers: ReplyHeaders = {}): Reply<never> {
  return { kind: 'bytes', type: `image/${frame.format}`, bytes, headers: { 'x-vitrine-frame': headerJson(frame), ...headers } };
}

/** JSON in ASCII, as a header has to be: a window's title may hold anything. */
function headerJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new VitrineError('unprocessable', problem);
}

function regionOffScreen(region: Region | undefined, display: Display): string | undefined {
  return region === undefined ? undefined : offScreen({ type: 'zoom', region }, display)?.replace('zoom at', 'the region reaches');
}

/** The format that Accept asks for; PNG if it asks for none of ours in particular. */
function acceptedFormat(accepts: Context['accepts']): ImageFormat {
  const type = accepts('image/png', 'image/webp', 'image/jpeg');
  return type === 'image/webp' ? 'webp' : type === 'image/jpeg' ? 'jpeg' : 'png';
}

function captureOf(query: FrameQuery, display: Display, accepted: ImageFormat): CaptureInput {
  const { scale, settle: _settle, format = accepted, ...rest } = query;
  if (scale === undefined) return { format, ...rest };
  const { width, height } = query.region ?? display;
  const scaled = (size: number, max: number | undefined) => Math.min(Math.max(16, Math.round(size * scale)), max ?? Infinity);
  return { format, ...rest, maxWidth: scaled(width, query.maxWidth), maxHeight: scaled(height, query.maxHeight) };
}
