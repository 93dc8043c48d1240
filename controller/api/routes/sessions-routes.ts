import type { z } from 'zod';
import type { Access } from '../../access/access.ts';
import { onlyValue } from '../../access/origins.ts';
import { principalOf } from '../../access/principal.ts';
import type { Tickets } from '../../access/tickets.ts';
import type { Grant } from '../../access/tokens.ts';
import type { Desktops } from '../../desktops/desktop.ts';
import type { Runs } from '../../runs/runs.ts';
import type { Me } from '../access-shapes.ts';
import { askedBy } from '../credentials.ts';
import { foundDesktop } from '../found-desktop.ts';
import type { Handlers } from '../handler.ts';
import { json } from '../reply.ts';

type Keys = 'GET /api/me' | 'POST /api/session' | 'DELETE /api/session' | 'POST /api/tickets';

export type SessionsPorts = { readonly access: Access; readonly tickets: Tickets; readonly runs: Runs; readonly desktops: Desktops };

/** Who asks; how a browser signs in and out, and gets tickets for what it cannot send its cookie with. */
export function sessionsRoutes({ access, tickets, runs, desktops }: SessionsPorts): Handlers<Keys> {
  return {
    async 'GET /api/me'(_request, { grant }) {
      return json(meOf(grant));
    },
    async 'POST /api/session'({ body }, { message }) {
      const { grant, cookie } = access.signIn(body.token, askedBy(message));
      return json(meOf(grant), { headers: { 'set-cookie': cookie } });
    },
    async 'DELETE /api/session'(_request, { grant }) {
      return { kind: 'nothing', headers: { 'set-cookie': access.signOut(grant).cookie } };
    },
    async 'POST /api/tickets'({ body }, { grant, message, signal }) {
      const origin = onlyValue(message.headersDistinct, 'origin');
      const by = principalOf(grant);
      if (body.for === 'events') {
        if (body.run !== undefined) runs.get(body.run, by);
        return json(tickets.issue(grant, { kind: 'events', runId: body.run }, origin));
      }
      access.authorize(grant, 'desktops:read');
      foundDesktop(desktops, body.desktop, by);
      if (body.mode === 'view') return json(tickets.issue(grant, { kind: 'view', desktopId: body.desktop, mode: 'view' }, origin));
      access.authorize(grant, 'control:take');
      runs.control.admit(body.desktop, body.lease, by, signal);
      return json(tickets.issue(grant, { kind: 'view', desktopId: body.desktop, mode: 'control', lease: body.lease }, origin));
    },
  };
}

function meOf({ name, project, scopes, mayDecideOwn, session }: Grant): z.infer<typeof Me> {
  return { name, project, scopes: [...scopes].filter((scope) => scope !== 'open'), mayDecideOwn, session: session === undefined ? null : { expiresAt: session.expiresAt } };
}
