import { setTimeout as pause } from 'node:timers/promises';
import { answerEndlessly } from '../../support/endless-answer.ts';
import type { Misanswer } from './planned-vendor.ts';

/** Nothing, ever. */
export const silence: Misanswer = () => {};

/** The right answer, one byte a second. */
export const byteASecond: Misanswer = (response, right) => void dribble(response, right);

async function dribble(response: Parameters<Misanswer>[0], right: string): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(right) });
  for (const byte of Buffer.from(right)) {
    if (response.destroyed) return;
    response.write(Buffer.from([byte]));
    await pause(1000);
  }
}

/** The connection is reset after so much of the answer as bytes on the wire: 0 is before its first. */
export function reset(after: (right: string) => string): Misanswer {
  return (response, right) => {
    const { socket } = response;
    const bytes = after(right);
    if (socket === null || bytes === '') return void socket?.resetAndDestroy();
    socket.write(bytes, () => void setTimeout(() => socket.resetAndDestroy(), 20));
  };
}

const head = (right: string) => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(right)}\r\n\r\n`;
export const resetBeforeHeaders = reset(() => '');
export const resetInHeaders = reset((right) => head(right).slice(0, 24));
export const resetAfterHeaders = reset(head);
export const resetInBody = reset((right) => head(right) + right.slice(0, right.length / 2));

/** The connection ends in order, with half of the promised bytes. */
export const halfABody: Misanswer = (response, right) => {
  response.socket?.end(head(right) + right.slice(0, right.length / 2));
};

/** A status with a vendor's error, and headers. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): Misanswer {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message: `the test says ${code}`, type: 'test', param: null, code: null } }));
  };
}

/** 200 with this text. */
export function text(content: string, type = 'application/json'): Misanswer {
  return (response) => {
    response.writeHead(200, { 'content-type': type });
    response.end(content);
  };
}

/** 200 with an answer that would never end. */
export const oversized: Misanswer = (response) => answerEndlessly(response);
