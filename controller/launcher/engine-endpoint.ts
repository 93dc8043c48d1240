import http from 'node:http';
import https from 'node:https';
import Docker from 'dockerode';
import { boundReplies } from './bound-replies.ts';
import { parseEngineAddress } from './engine-address.ts';
import type { EngineEndpoint } from './engine-address.ts';
import { sshConnections } from './ssh-connections.ts';

/**
 * A client of the engine at the endpoint; it connects with the first call. Every option is given, undefined ones
 * included, because dockerode fills gaps from the environment. Throws `invalid_request` for an address that cannot be one.
 */
export function connectEngine(endpoint: EngineEndpoint): Docker {
  const nothing = { socketPath: undefined, host: undefined, port: undefined, username: undefined, ca: undefined, cert: undefined, key: undefined, timeout: undefined, version: undefined };
  const { url, tls } = endpoint;
  const address = parseEngineAddress(url);
  if ('socketPath' in address) return withAgent(new Docker({ ...nothing, socketPath: address.socketPath, protocol: 'http' }), new http.Agent({ keepAlive: false }));
  const { protocol, hostname: host, port, username } = address;
  if (protocol === 'ssh:') {
    const target = { host, port: port === '' ? undefined : Number(port), username: username === '' ? undefined : decodeURIComponent(username), agent: endpoint.sshAgent, program: endpoint.sshProgram };
    return withAgent(new Docker({ ...nothing, host: 'engine', port: 80, protocol: 'http' }), sshConnections(target));
  }
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
