import { randomBytes } from 'node:crypto';
import type { Desktops } from '../../desktops/desktop.ts';
import type { Runs } from '../../runs/runs.ts';
import { desktopOn } from '../../runs/template.ts';
import type { Templates } from '../../runs/template.ts';
import { foundView } from '../found-desktop.ts';
import type { Handlers } from '../handler.ts';
import { json } from '../reply.ts';

type Keys = 'GET /api/templates' | 'POST /api/desktops' | 'GET /api/desktops' | 'GET /api/desktops/{id}' | 'DELETE /api/desktops/{id}';

/** The life of desktops. */
export function desktopsRoutes(desktops: Desktops, runs: Runs, templates: Templates): Handlers<Keys> {
  return {
    async 'GET /api/templates'() {
      return json({ templates: [...templates.list()] });
    },
    async 'POST /api/desktops'({ body }, { principal, grant, signal }) {
      const spec = desktopOn(templates.get(body.template), body, grant.scopes.has('network:write'), templates.privateTargets);
      const id = `d-${randomBytes(6).toString('hex')}`;
      const desktop = await runs.launchDesktop(id, spec, principal, signal);
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
