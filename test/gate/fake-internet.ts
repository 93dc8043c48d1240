import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatesOptions } from '../../controller/gate/gates.ts';

/** An internet on the loopback: every name leads to one web server, on 443 with TLS and on 80 without. */
export type FakeInternet = Required<Pick<GatesOptions, 'resolveNames' | 'dial'>> & {
  /** The certificate that TLS clients have to trust, PEM. */
  readonly certificate: string;
  /** Requests that arrived, as `GET https://host/path`. */
  readonly requests: string[];
  /** What the server has, by path. */
  readonly files: Map<string, Buffer | string>;
  close(): void;
};

/** Starts it, with a certificate for `hosts` made by openssl. */
export async function startFakeInternet(hosts: readonly string[]): Promise<FakeInternet> {
  const { certificate, key } = makeCertificate(hosts);
  const requests: string[] = [];
  const files = new Map<string, Buffer | string>();
  const answer = (scheme: string) => (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    requests.push(`${request.method} ${scheme}://${request.headers.host}${path}`);
    const found = files.get(path);
    response.statusCode = found === undefined ? 404 : 200;
    response.setHeader('content-type', path.endsWith('/') ? 'text/html' : 'application/octet-stream');
    response.end(found ?? 'not here');
  };
  const servers = { 443: createHttpsServer({ cert: certificate, key }, answer('https')), 80: createHttpServer(answer('http')) };
  for (const server of Object.values(servers)) await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    certificate, requests, files,
    resolveNames: async () => ['93.184.215.14'],
    dial: async (_address, port) => {
      const server = servers[port as keyof typeof servers];
      if (server === undefined) throw new Error('nothing listens there');
      const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => socket.destroy());
      return await new Promise((resolve) => socket.once('connect', () => resolve(socket)));
    },
    close() {
      for (const server of Object.values(servers)) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function makeCertificate(hosts: readonly string[]): { readonly certificate: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-cert-'));
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=fake internet',
      '-addext', `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`, '-keyout', join(folder, 'key'), '-out', join(folder, 'certificate')], { stdio: 'ignore' });
    return { certificate: readFileSync(join(folder, 'certificate'), 'utf8'), key: readFileSync(join(folder, 'key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
