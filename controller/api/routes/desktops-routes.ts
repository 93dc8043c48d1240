import { randomBytes } from 'node:crypto';
import type { Desktops } from '../../desktops/desktop.ts';
import type { Runs } from '../../runs/runs.ts';
import { foundView } from '../found-desktop.ts';
import type { Handlers } from '../handler.ts';
import { refuseNetwork } from '../refuse-network.ts';
import { json } from '../reply.ts';

type Keys = 'POST /api/desktops' | 'GET /api/desktops' | 'GET /api/desktops/{id}' | 'DELETE /api/desktops/{id}';

/** The life of desktops. */
export function desktopsRoutes(desktops: Desktops, runs: Runs): Handlers<Keys> {
  return {
    async 'POST /api/desktops'({ body }, { principal, grant, signal }) {
      refuseNetwork(body.network, grant.scopes);
      const id = `d-${randomBytes(6).toString('hex')}`;
      const desktop = await runs.launchDesktop(id, body, principal, signal);
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
