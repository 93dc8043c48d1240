import type { ServerResponse } from 'node:http';

/** 200 with an answer of spaces that would never end, as fast as it is read. */
export function answerEndlessly(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const block = Buffer.alloc(2 ** 20, 0x20);
  const more = () => {
    while (!response.destroyed && response.write(block)) {
      // Until the socket is full: then it says when it has room.
    }
  };
  response.on('drain', more);
  more();
}
