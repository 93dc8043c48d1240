import { IncomingMessage } from 'node:http';
import type Docker from 'dockerode';

type Dialer = { dial(options: object, done: (error: unknown, reply: unknown) => void): void };
/** A request that an engine answers with records of JSON, one by one, as it works. */
export type RecordsRequest = { readonly path: string; readonly options: Readonly<Record<string, unknown>>; readonly file?: Buffer };

const maxRecordCharacters = 1024 * 1024;

/**
 * Posts a request and hands every record of the answer on, until its end. dockerode's own methods leave a session behind
 * when they are aborted. Rejects with dockerode's error, when the answer breaks off, and on a record beyond 1 MiB.
 */
export function engineRecords(docker: Docker, { path, options, file }: RecordsRequest, onRecord: (record: unknown) => void, abortSignal: AbortSignal): Promise<void> {
  const modem: Dialer = docker.modem;
  const request = { path: `${path}?`, method: 'POST', options, file, abortSignal, isStream: true, statusCodes: { 200: true, 400: 'bad parameter', 404: 'not found', 500: 'server error' } };
  return new Promise((resolve, reject) => {
    modem.dial(request, (error, reply) => {
      if (error !== null) return reject(error);
      if (!(reply instanceof IncomingMessage)) return reject(new Error('the engine did not answer with records'));
      let text = '';
      const takeLines = () => {
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) if (line.trim() !== '') onRecord(parsed(line));
      };
      // Listened to at once: the answer's first bytes may be there already.
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        takeLines();
        if (text.length > maxRecordCharacters) reply.destroy(new Error(`a record of the engine exceeds ${maxRecordCharacters} characters`));
      });
      reply.once('end', () => {
        text += '\n';
        takeLines();
        resolve();
      });
      reply.once('error', reject).once('close', () => reject(new Error('the answer broke off')));
    });
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // No record: a build's outcome stands in the others.
  }
}
