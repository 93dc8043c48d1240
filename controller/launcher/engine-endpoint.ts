import http from 'node:http';
import https from 'node:https';
import Docker from 'dockerode';
import { VitrineError } from '../errors.ts';
import { boundReplies } from './bound-replies.ts';
import { sshConnections } from './ssh-connections.ts';

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

/**
 * A client of the engine at the endpoint; it connects with the first call. Every option is given, undefined ones
 * included, because dockerode fills gaps from the environment. Throws `invalid_request` for an address that cannot be one.
 */
export function connectEngine(endpoint: EngineEndpoint): Docker {
  const nothing = { socketPath: undefined, host: undefined, port: undefined, username: undefined, ca: undefined, cert: undefined, key: undefined, timeout: undefined, version: undefined };
  const { url, tls } = endpoint;
  if (url.startsWith('unix://') || url.startsWith('npipe://')) {
    const socketPath = url.slice(url.indexOf('://') + 3);
    if (socketPath === '') throw unusable(url);
    return withAgent(new Docker({ ...nothing, socketPath, protocol: 'http' }), new http.Agent({ keepAlive: false }));
  }
  const { protocol, hostname: host, port, username } = parse(url);
  if (protocol === 'ssh:') {
    const target = { host, port: port === '' ? undefined : Number(port), username: username === '' ? undefined : decodeURIComponent(username), agent: endpoint.sshAgent, program: endpoint.sshProgram };
    return withAgent(new Docker({ ...nothing, host: 'engine', port: 80, protocol: 'http' }), sshConnections(target));
  }
  if (!['tcp:', 'http:', 'https:'].includes(protocol)) throw unusable(url);
  if (tls === undefined && protocol !== 'https:') {
    return withAgent(new Docker({ ...nothing, host, port: port || 2375, protocol: 'http' }), new http.Agent({ keepAlive: false }));
  }
  return withAgent(new Docker({ ...nothing, ...tls, host, port: port || 2376, protocol: 'https' }), new https.Agent({ keepAlive: false, ...tls }));
}

/** dockerode takes an agent only through its modem; without one, connections of a restarted engine would be used again. */
function withAgent(docker: Docker, agent: http.Agent): Docker {
  Object.assign(docker.modem, { agent: boundReplies(agent) });
  return docker;
}

function parse(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '') throw unusable(url);
  return parsed;
}

function unusable(url: string): VitrineError {
  return new VitrineError('invalid_request', `${JSON.stringify(url)} is no address of a Docker engine: use unix:///path, tcp://host:port, https://host:port or ssh://user@host`);
}
