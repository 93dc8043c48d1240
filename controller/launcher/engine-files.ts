import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VitrineError } from '../errors.ts';
import { defaultEngineUrl, parseEngineAddress } from './engine-address.ts';
import type { EngineEndpoint } from './engine-address.ts';

/** Where the engine is, as a configuration names it. */
export type NamedEngine = { readonly url: string | undefined; readonly certFolder: string | undefined; readonly sshAgent: string | undefined };

/** The endpoint with the texts of its certificates. Throws `invalid_request` for an address that cannot be one, and naming a file that cannot be read; a socket needs none. */
export async function readEngineEndpoint({ url = defaultEngineUrl, certFolder, sshAgent }: NamedEngine): Promise<EngineEndpoint> {
  parseEngineAddress(url);
  if (/^(tcp|https):/.test(url) && certFolder !== undefined) {
    const read = (name: string) => readFile(join(certFolder, name), 'utf8').catch((cause: Error) => {
      throw new VitrineError('invalid_request', `${join(certFolder, name)} is needed for TLS with the engine at ${url} and cannot be read: DOCKER_CERT_PATH names its folder`, { cause });
    });
    return { url, tls: { ca: await read('ca.pem'), cert: await read('cert.pem'), key: await read('key.pem') } };
  }
  if (url.startsWith('ssh:') && sshAgent === undefined) {
    throw new VitrineError('invalid_request', `the engine at ${url} is reached with the keys of an SSH agent, and SSH_AUTH_SOCK names none: start one and add the key`);
  }
  return { url, ...(sshAgent === undefined ? {} : { sshAgent }) };
}
