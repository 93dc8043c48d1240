import { randomBytes } from 'node:crypto';
import type { DesktopImages } from '../../desktops/desktop-image.ts';
import type { Desktops } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import type { Runs } from '../../runs/runs.ts';
import { desktopOn } from '../../runs/templates/template.ts';
import type { Templates } from '../../runs/templates/template.ts';
import { foundView } from '../found-desktop.ts';
import type { Handlers } from '../handler.ts';
import { json } from '../reply.ts';

type Keys = 'GET /api/templates' | 'POST /api/desktops' | 'GET /api/desktops' | 'GET /api/desktops/{id}' | 'DELETE /api/desktops/{id}';

/** The life of desktops. */
export function desktopsRoutes(desktops: Desktops, runs: Runs, templates: Templates, images: DesktopImages): Handlers<Keys> {
  return {
    async 'GET /api/templates'() {
      return json({ templates: [...templates.list()] });
    },
    async 'POST /api/desktops'({ body }, { principal, grant, signal }) {
      const spec = desktopOn(templates.get(body.template), body, grant.scopes.has('network:write'), templates.privateTargets);
      const id = `d-${randomBytes(6).toString('hex')}`;
      const desktop = await runs.launchDesktop(id, spec, principal, signal).catch((reason: unknown) => orWait(reason, images, signal));
      return json(desktop.view(), { headers: { location: `/api/desktops/${id}` } });
    },
    async 'GET /api/desktops'(_request, { principal }) {
      return json({ desktops: desktops.list().filter((view) => view.project === principal.project) });
    },
    async 'GET /api/desktops/{id}'({ params }, { principal }) {
      return json(foundView(desktops, params.id, principal));
    },
    async 'DELETE /api/desktops/{id}'({ params }, { principal, signal, lease }) {
      foundView(desktops, params.id, principal);
      await runs.releaseDesktop(params.id, principal, lease, signal);
      return { kind: 'nothing' };
    },
  };
}

/** Throws what went wrong; who lacks the image while it is being built is told to come again. */
async function orWait(reason: unknown, images: DesktopImages, signal: AbortSignal): Promise<never> {
  const isMissing = reason instanceof VitrineError && reason.code === 'image_missing';
  const why = isMissing ? await images.worthWaiting(signal) : undefined;
  if (why === undefined) throw reason;
  throw new VitrineError('image_missing', `${why}: try again when it is there (GET /api/image says so)`, { cause: reason, details: { retryAfterSeconds: 10 } });
}
