import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { duplexPair } from 'node:stream';
import { createForwarder } from '../../sandbox-image/forwarder/forwarder.ts';
import { openGate } from '../../controller/gate/gate.ts';
import type { Gate, GateDecision, GateQuestions } from '../../controller/gate/gate.ts';
import { NetworkPolicy } from '../../controller/gate/network-policy.ts';
import type { PrivateTarget } from '../../controller/gate/resolve-target.ts';

/** A gate with its forwarder, over a pair of streams, in front of an internet that is made up. */
export type GateWorld = {
  readonly gate: Gate;
  /** Port of the proxy on the loopback. */
  readonly port: number;
  readonly decisions: GateDecision[];
  /** Addresses that were dialled, in order. */
  readonly dialled: string[];
  /** Names that were asked for, in order. */
  readonly resolved: string[];
  /** Changes what a name resolves to; a function is asked each time. */
  readonly names: Map<string, readonly string[] | (() => readonly string[] | Promise<readonly string[]>)>;
  /** Requests that the made-up web server got. */
  readonly requests: IncomingMessage[];
  /** Bytes that the made-up server of every other port got, one entry a connection. */
  readonly received: Buffer[];
  close(): Promise<void>;
};

export type WorldOptions = { readonly policy: unknown; readonly questions?: GateQuestions; readonly idleMs?: number; readonly privateTargets?: readonly PrivateTarget[]; readonly own?: readonly string[] };

/** An address that is public by every rule; nothing is sent there, the dial is injected. */
export const publicAddress = '93.184.215.14';

export async function openWorld({ policy, questions, idleMs, privateTargets = [], own = [] }: WorldOptions): Promise<GateWorld> {
  const decisions: GateDecision[] = [];
  const dialled: string[] = [];
  const resolved: string[] = [];
  const requests: IncomingMessage[] = [];
  const received: Buffer[] = [];
  const names: GateWorld['names'] = new Map();
  const web = createHttpServer((request, response) => {
    requests.push(request);
    request.resume();
    response.setHeader('x-forwarded-for', 'nobody');
    response.end(`hello from ${request.headers.host}${request.url}`);
  });
  const raw = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    const index = received.push(Buffer.alloc(0)) - 1;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received[index] = Buffer.concat([received[index] ?? Buffer.alloc(0), chunk]);
      socket.write(chunk);
    });
    socket.on('end', () => socket.end());
  });
  for (const server of [web, raw]) await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const portOf = (server: typeof web | typeof raw) => (server.address() as AddressInfo).port;
  const gate = openGate({
    policy: NetworkPolicy.parse(policy),
    questions: questions ?? { ask: async () => 'waiting' },
    onDecision: (decision) => void decisions.push(decision),
    privateTargets,
    ownAddresses: () => new Set(own),
    ...(idleMs === undefined ? {} : { idleMs }),
    resolveNames: async (host) => {
      resolved.push(host);
      const found = names.get(host) ?? [publicAddress];
      return typeof found === 'function' ? await found() : found;
    },
    dial: async (address, port) => {
      dialled.push(`${address}:${port}`);
      const socket = connect({ host: '127.0.0.1', port: portOf(port === 80 ? web : raw), allowHalfOpen: true });
      socket.on('error', () => socket.destroy());
      return await new Promise((resolve) => socket.once('connect', () => resolve(socket)));
    },
  });
  const [inside, outside] = duplexPair();
  gate.attach(outside);
  const forwarder = createForwarder(inside);
  await new Promise<void>((listening) => forwarder.server.listen(0, '127.0.0.1', listening));
  return {
    gate, decisions, dialled, resolved, names, requests, received,
    port: (forwarder.server.address() as AddressInfo).port,
    async close() {
      gate.close();
      forwarder.server.closeAllConnections();
      for (const server of [forwarder.server, web, raw]) server.close();
      await forwarder.ended;
    },
  };
}

/** Sends raw bytes to the proxy and gives back what came, once `until` holds or the connection ended. */
export async function speak(port: number, text: string | Buffer, until: (got: string) => boolean = () => false): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let got = '';
  const ended = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1');
      if (until(got)) resolve();
    });
    socket.once('close', () => resolve());
  });
  socket.write(text);
  await ended;
  socket.destroy();
  return got;
}

/** Opens a tunnel: the socket after the proxy's 200, or the proxy's answer. */
export async function openTunnel(port: number, authority: string): Promise<{ readonly socket: Socket; readonly answer: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let answer = '';
  await new Promise<void>((resolve) => {
    const onData = (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (!answer.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      socket.pause();
      resolve();
    };
    socket.on('data', onData);
    socket.once('close', () => resolve());
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  });
  return { socket, answer };
}
