import type Docker from 'dockerode';

type Dialer = { dial(options: object, done: (error: unknown, reply: unknown) => void): void };

/**
 * Asks the engine for a JSON document by its path. dockerode's own methods for these documents cannot be aborted.
 * Rejects with dockerode's error; the reply is unchecked.
 */
export function engineGet(docker: Docker, path: string, abortSignal: AbortSignal): Promise<unknown> {
  const modem: Dialer = docker.modem;
  return new Promise((resolve, reject) => {
    modem.dial({ path, method: 'GET', abortSignal, statusCodes: { 200: true, 404: 'not found', 500: 'server error' } }, (error, reply) => {
      if (error === null) resolve(reply);
      else reject(error);
    });
  });
}
