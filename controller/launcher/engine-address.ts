import { VitrineError } from '../errors.ts';

/** Where the Docker engine is. Nothing is taken from the environment: whoever builds the launcher hands it in. */
export type EngineEndpoint = {
  /** As in `DOCKER_HOST`: `unix:///path`, `tcp://host:port`, `https://host:port` or `ssh://user@host`. */
  readonly url: string;
  /** PEM texts for `tcp` and `https` with client certificates. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Path of the SSH agent's socket, for `ssh`. */
  readonly sshAgent?: string;
  /** The SSH client; the machine's if absent. */
  readonly sshProgram?: string;
};

export const defaultEngineUrl = 'unix:///var/run/docker.sock';

/** An engine's address, taken apart: a socket or a pipe of this machine, or a URL of a protocol that can be spoken. Throws `invalid_request` for anything else. */
export function parseEngineAddress(url: string): { readonly socketPath: string } | URL {
  if (url.startsWith('unix://') || url.startsWith('npipe://')) {
    const socketPath = url.slice(url.indexOf('://') + 3);
    if (socketPath === '') throw unusable(url);
    return { socketPath };
  }
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '' || !['ssh:', 'tcp:', 'http:', 'https:'].includes(parsed.protocol)) throw unusable(url);
  return parsed;
}

function unusable(url: string): VitrineError {
  return new VitrineError('invalid_request', `${JSON.stringify(url)} is no address of a Docker engine: use unix:///path, tcp://host:port, https://host:port or ssh://user@host`);
}
