import { VitrineError } from '../errors.ts';

/** Of the 1000 connections that the server takes. */
const maxPerToken = 300;

/** Requests that are being answered. */
export type OpenRequests = {
  /** Counts one for a token until what this returns is called. Throws `too_many_requests`. */
  begin(name: string): () => void;
};

/** Counts by token, none beyond `max`. */
export function createOpenRequests(max = maxPerToken): OpenRequests {
  const open = new Map<string, number>();
  return {
    begin(name) {
      const count = open.get(name) ?? 0;
      if (count >= max) throw new VitrineError('too_many_requests', `the token ${name} has ${max} requests open: end some of its event streams, or wait`, { details: { retryAfterSeconds: 1 } });
      open.set(name, count + 1);
      return () => {
        const left = (open.get(name) ?? 1) - 1;
        if (left === 0) open.delete(name);
        else open.set(name, left);
      };
    },
  };
}
