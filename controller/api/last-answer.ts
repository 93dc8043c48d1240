import type { Duplex } from 'node:stream';

/** Time for a client to take its answer and hang up. */
const partingMs = 1000;

/**
 * Answers on a connection that carries no requests any more, and ends it. A client that keeps its side open is cut after a
 * second: it must not hold one of the connections that there may be, nor keep the server from closing.
 */
export function answerLast(socket: Duplex, status: string, body: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`);
  socket.resume(); // What still comes is read by nobody, and its end is noticed.
  const cut = setTimeout(() => socket.destroy(), partingMs);
  socket.once('close', () => clearTimeout(cut));
}
