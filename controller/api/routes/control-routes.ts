import type { RunControl } from '../../runs/runs.ts';
import type { Handlers, RoutesUnder } from '../handler.ts';
import { json } from '../reply.ts';

type Keys = RoutesUnder<'/api/desktops/{id}/control'> | 'GET /api/inbox';

/** Who is in control of a desktop, and what waits for people. */
export function controlRoutes(control: RunControl): Handlers<Keys> {
  return {
    async 'GET /api/desktops/{id}/control'({ params }, { principal }) {
      return json(control.view(params.id, principal));
    },
    async 'POST /api/desktops/{id}/control/take'({ params, body }, { principal, signal }) {
      return json(await control.take(params.id, body, false, principal, signal));
    },
    async 'POST /api/desktops/{id}/control/seize'({ params, body }, { principal, signal }) {
      return json(await control.take(params.id, body, true, principal, signal));
    },
    async 'POST /api/desktops/{id}/control/renew'({ params, body }, { principal }) {
      return json(control.renew(params.id, body, principal));
    },
    async 'POST /api/desktops/{id}/control/give-back'({ params, body }, { principal }) {
      return json(control.giveBack(params.id, body, principal));
    },
    async 'POST /api/desktops/{id}/control/request'({ params, body }, { principal }) {
      return json(control.request(params.id, body, principal));
    },
    async 'GET /api/desktops/{id}/control/processes'({ params }, { principal, signal, lease }) {
      return json(await control.processes(params.id, lease ?? '', principal, signal));
    },
    async 'POST /api/desktops/{id}/control/end-process'({ params, body }, { principal, signal }) {
      return json(await control.endProcess(params.id, body, principal, signal));
    },
    async 'GET /api/inbox'(_request, { principal }) {
      return json({ items: [...control.inbox(principal)] });
    },
  };
}
