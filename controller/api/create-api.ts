import type { RequestHandler } from 'express';
import type { Access } from '../access/access.ts';
import type { Tickets } from '../access/tickets.ts';
import type { TokenBook } from '../access/token-book.ts';
import type { Desktops } from '../desktops/desktop.ts';
import type { DesktopImages } from '../desktops/desktop-image.ts';
import type { Doctor } from '../doctor/doctor.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Models } from '../models/model.ts';
import type { Redactor } from '../redactor.ts';
import { createTemplates } from '../runs/templates/template.ts';
import type { Templates } from '../runs/templates/template.ts';
import type { Runs } from '../runs/runs.ts';
import type { Health } from './health.ts';
import type { Backups } from './backups.ts';
import { createOpenApi } from './openapi.ts';
import { createRouter } from './router.ts';
import { backupsRoutes } from './routes/backups-routes.ts';
import { controlRoutes } from './routes/control-routes.ts';
import type { Audit } from './audit.ts';
import { auditRoutes } from './routes/audit-routes.ts';
import { desktopsRoutes } from './routes/desktops-routes.ts';
import { doctorRoutes } from './routes/doctor-routes.ts';
import { eventsRoutes } from './routes/events-routes.ts';
import { handsRoutes } from './routes/hands-routes.ts';
import { imageRoutes } from './routes/image-routes.ts';
import { approvalsRoutes, descriptionRoutes } from './routes/other-routes.ts';
import { runsRoutes } from './routes/runs-routes.ts';
import { sessionsRoutes } from './routes/sessions-routes.ts';
import { tokensRoutes } from './routes/tokens-routes.ts';
import { uploadsRoutes } from './routes/uploads-routes.ts';
import { screenRoutes } from './routes/screen-routes.ts';
import { thumbnailRoutes } from './routes/thumbnail-routes.ts';
import type { Api } from './server.ts';
import { createViewEndpoint } from './view/view-endpoint.ts';

/** What the API translates for; handed in by main.ts. */
export type ApiPorts = { readonly runs: Runs; readonly desktops: Desktops; readonly models: Models; readonly access: Access; readonly tokens: TokenBook; readonly tickets: Tickets; readonly audit: Audit; readonly health: Health; readonly doctor: Doctor; readonly images: DesktopImages; readonly backups: Backups; readonly metrics: Metrics; readonly log: Logger; readonly gateway?: MountedGateway; readonly redactor?: Redactor | undefined; readonly templates?: Templates;
  /** Whether the controller is stopping: then nothing new begins. */
  readonly isDraining?: () => boolean };

/** What answers everything under /v1 by itself, access and errors included. */
export type MountedGateway = { readonly handler: RequestHandler; readonly endStreams: () => void };

/** The API over its ports, ready for `listen`. */
export function createApi({ runs, desktops, models, access, tokens, tickets, audit, health, doctor, images, backups, metrics, log, gateway, redactor, templates = createTemplates(), isDraining = () => false }: ApiPorts): Api {
  const closing = new AbortController();
  const handlers = {
    ...desktopsRoutes(desktops, runs, templates, images),
    ...screenRoutes(desktops, runs, redactor),
    ...thumbnailRoutes(desktops),
    ...handsRoutes(desktops, runs, redactor),
    ...controlRoutes(runs.control),
    ...runsRoutes(runs, templates),
    ...uploadsRoutes(runs.uploads),
    ...eventsRoutes(runs),
    ...approvalsRoutes(runs),
    ...tokensRoutes(tokens),
    ...sessionsRoutes({ access, tickets, runs, desktops }),
    ...backupsRoutes(backups),
    ...doctorRoutes(doctor, desktops, runs),
    ...imageRoutes(images),
    ...auditRoutes(audit),
    ...descriptionRoutes(models, health, metrics, createOpenApi()),
  };
  const endStreams = () => {
    gateway?.endStreams();
    closing.abort();
  };
  const view = createViewEndpoint({ access, tickets, runs, desktops, audit, log }, closing.signal);
  const upgrade: typeof view = (request, socket, head) => {
    metrics.viewing(socket);
    view(request, socket, head);
  };
  return { upgrade, handler: createRouter(handlers, { access, tickets }, log, { audit, closing: closing.signal, isDraining, redactor, metrics }, gateway?.handler), endStreams };
}
