import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import { OpenDesktop } from '../../../controller/desktops/open-desktop.ts';
import { ExecStream } from '../../../controller/launcher/exec-stream.ts';
import { decodeMessage, encodeMessage, Request } from '../../../sandbox-image/wire/index.ts';
import { StandIn, standInLauncher } from '../../desktops/stand-in.ts';
import type { StandInHandler } from '../../desktops/stand-in.ts';

export const display = { width: 640, height: 400 };
export const state = { held: { keys: [], buttons: [] }, pointer: { x: 1, y: 2 }, activeWindow: null, windows: [] };

/** The controller's side of a desktop whose servers are these stand-ins. */
export function desktopOver(paths: { readonly shim?: string; readonly hands?: string }): OpenDesktop {
  const record = { id: 'd_1', display, image: 'i', project: 'default', createdAt: 1, stages: [], state: 'ready' as const, runId: undefined, releasesAt: undefined, reason: undefined };
  return new OpenDesktop({ launcher: standInLauncher(paths), containerId: 'c', controllerEpoch: 1, record, log: pino({ level: 'silent' }), onFenced: () => {}, stopGraceMs: 0 });
}

/** A server that greets as it should, and then does what the test says. */
export function greeting(server: 'shim' | 'hands', handle: StandInHandler): StandInHandler {
  return (asked, body, socket) => (asked.method === 'hello' ? { result: { protocol: 2, server, epoch: 0, ...(server === 'shim' ? { display } : {}) } } : handle(asked, body, socket));
}

/** A desktop that keeps the contract, for comparison. */
export async function wellBehaved(): Promise<AsyncDisposable & { readonly desktop: OpenDesktop }> {
  const standIn = await StandIn.answering(greeting('shim', () => ({ result: state })));
  const desktop = desktopOver({ shim: standIn.path });
  return {
    desktop,
    async [Symbol.asyncDispose]() {
      desktop.detach('done');
      await standIn[Symbol.asyncDispose]();
    },
  };
}

/** One frame of the engine's stream. */
export function engineFrame(payload: Buffer, type = 1): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/**
 * An engine's connection to a shim: what the shim's WebSocket writes is passed through `carry`, which makes of each piece the
 * bytes that the engine's stream brings.
 */
export async function engineStream(carry: (piece: Buffer, socket: Socket) => void): Promise<AsyncDisposable & { open(): Promise<ExecStream> }> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-hostile-'));
  const path = join(folder, 'engine.sock');
  const http = createHttpServer();
  new WebSocketServer({ server: http }).on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const { header } = decodeMessage(data);
      if (header instanceof Object && 'cancel' in header) return;
      socket.send(encodeMessage({ id: Request.parse(header).id, result: state }));
    });
  });
  const sockets: Socket[] = [];
  const engine = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    const inside = new Duplex({
      read() {},
      write(piece: Buffer, _encoding, done) {
        carry(piece, socket);
        done();
      },
    });
    inside.on('error', () => {});
    socket.on('data', (bytes) => inside.push(bytes));
    socket.on('close', () => inside.push(null));
    http.emit('connection', inside);
  });
  engine.listen(path);
  await once(engine, 'listening');
  return {
    async open() {
      const raw = connect(path);
      raw.on('error', () => {});
      await once(raw, 'connect');
      return new ExecStream(raw);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      engine.close();
      http.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
