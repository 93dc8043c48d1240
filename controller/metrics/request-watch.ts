import type { ServerResponse } from 'node:http';
import type { Meters } from './meters.ts';

/** Counts requests by route, and knows which event streams are open. */
export function createRequestWatch(meters: Meters) {
  const open = new Set<ServerResponse>();
  return {
    begun(response: ServerResponse, routeOf: () => string): void {
      const began = performance.now();
      open.add(response);
      response.once('close', () => {
        open.delete(response);
        const route = routeOf();
        meters.httpRequests.inc({ route, status: response.headersSent ? String(response.statusCode) : 'cut' });
        if (!isEventStream(response)) meters.httpSeconds.observe({ route }, (performance.now() - began) / 1000);
      });
    },
    openStreams: () => [...open].filter(isEventStream).length,
  };
}

function isEventStream(response: ServerResponse): boolean {
  return response.headersSent && String(response.getHeader('content-type') ?? '').startsWith('text/event-stream');
}
