import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Access } from '../../access/access.ts';
import { noteRecognised } from '../../access/recognised.ts';
import type { Tickets } from '../../access/tickets.ts';
import type { Desktop, Desktops } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Runs } from '../../runs/runs.ts';
import type { Audit } from '../audit.ts';
import { foundDesktop } from '../found-desktop.ts';
import { answerLast } from '../last-answer.ts';
import { isForView, readViewRequest, viewProtocol } from './view-request.ts';
import type { ViewRequest } from './view-request.ts';
import { createViewSeats } from './view-seats.ts';
import { viewClose, ViewSession } from './view-session.ts';

/** What live views need. */
export type ViewPorts = { readonly access: Access; readonly tickets: Tickets; readonly runs: Runs; readonly desktops: Desktops; readonly audit: Audit; readonly log: Logger };

/** Takes over a connection whose client asked for a WebSocket. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const openMs = 15_000;
const releaseMs = 10_000;
/** A viewer sends small messages; a clipboard text is the largest. */
const maxMessageBytes = 65_536;

/**
 * `GET /api/desktops/{id}/view`: a desktop's live view over a WebSocket. Refusals are HTTP answers before the upgrade.
 * Views end with a code of `viewClose` when their token, session, lease or desktop ends, or `closing` is aborted.
 */
export function createViewEndpoint(ports: ViewPorts, closing: AbortSignal): Upgrade {
  const server = new WebSocketServer({
    noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes, maxFragments: 16, clientTracking: false, handleProtocols: () => viewProtocol,
  });
  const seats = createViewSeats();
  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    try {
      if (closing.aborted) throw new VitrineError('unavailable', 'the controller is stopping');
      if (!isForView(request.url ?? '')) throw new VitrineError('not_found', 'nothing at this path speaks WebSocket; the live view of a desktop is at /api/desktops/{id}/view');
      const asked = readViewRequest(ports, request);
      noteRecognised(socket);
      const desktop = foundDesktop(ports.desktops, asked.desktopId, asked.principal);
      if (asked.mode === 'control') assertHolds(ports.runs, asked);
      const seat = seats.take(asked.desktopId, asked.principal.project, asked.mode);
      socket.once('close', () => seat[Symbol.dispose]());
      server.handleUpgrade(request, socket, head, (view) => void serve(ports, asked, desktop, view, closing));
    } catch (reason) {
      refuse(socket, VitrineError.from(reason));
    }
  };
}

/** Throws `conflict` unless whoever asks is in control by the lease. */
function assertHolds(runs: Runs, { desktopId, lease, principal }: ViewRequest): void {
  runs.control.admit(desktopId, lease, principal, AbortSignal.abort());
}

async function serve({ runs, audit, log }: ViewPorts, asked: ViewRequest, desktop: Desktop, socket: WebSocket, closing: AbortSignal): Promise<void> {
  const { desktopId, principal, mode, lease } = asked;
  const holds = () => mode === 'control' && lease !== undefined && runs.control.holds(desktopId, lease, principal);
  const session = new ViewSession(socket, { mode, mayInput: holds, onInput: (kind) => lease !== undefined && runs.control.noteInput(lease, kind) });
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  endWith(asked.ended, gone.signal, () => session.end({ code: viewClose.accessEnded, reason: 'the token or session that opened this view has ended' }));
  endWith(closing, gone.signal, () => session.end({ code: viewClose.closing, reason: 'the controller is stopping' }));
  const stopListening = desktop.onEnd(({ reason }) => session.end({ code: viewClose.desktopGone, reason: `the desktop is gone: ${reason}` }));
  try {
    if (mode === 'control') {
      const control = runs.control.admit(desktopId, lease, principal, gone.signal);
      endWith(control, gone.signal, () => session.end({ code: viewClose.leaseEnded, reason: 'control has passed on' }));
      audit.record({ project: principal.project, who: principal.name, what: 'GET /api/desktops/{id}/view (control)', subject: desktopId });
    }
    const stream = await desktop.openView(mode, AbortSignal.any([gone.signal, AbortSignal.timeout(openMs)]));
    const { hasInput } = await session.carry(stream);
    // Whoever lost control has nothing to release: passing it has done that.
    if (hasInput && holds()) await desktop.release(AbortSignal.timeout(releaseMs));
  } catch (reason) {
    const error = VitrineError.from(reason);
    if (!gone.signal.aborted) log.warn({ desktopId, err: reason }, 'a live view failed');
    session.end({ code: viewClose.unavailable, reason: error.message });
  } finally {
    stopListening();
  }
}

function endWith(signal: AbortSignal, gone: AbortSignal, end: () => void): void {
  if (signal.aborted) return end();
  signal.addEventListener('abort', () => gone.aborted || end(), { once: true, signal: gone });
}

function refuse(socket: Duplex, error: VitrineError): void {
  const body = JSON.stringify({ error: { code: error.code, message: error.message, ...(error.details === undefined ? {} : { details: error.details }) } });
  answerLast(socket, `${error.status} Refused`, body);
}
