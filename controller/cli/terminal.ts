import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolderOf } from '../config.ts';
import type { Environment } from '../config.ts';
import { tokenFile } from '../data-folder.ts';
import { createClient } from './client.ts';
import type { Client } from './client.ts';

/** What a command works with: the terminal, the API, and how it is told to stop. */
export type Terminal = {
  readonly client: Client;
  /** A line for standard output: what was asked for. */
  readonly print: (line: string) => void;
  /** A line for standard error: progress and notes. */
  readonly note: (line: string) => void;
  /** Aborted at Ctrl+C. */
  readonly signal: AbortSignal;
  readonly saveFile: (path: string, content: AsyncIterable<Uint8Array>) => Promise<void>;
};

/** The API that an environment names, with the token it names or the one of the data folder. */
export function clientOf(environment: Environment): Client {
  const url = environment['VITRINE_URL'] || 'http://127.0.0.1:8080';
  return createClient(url, environment['VITRINE_TOKEN'] || keptToken(environment));
}

function keptToken(environment: Environment): string | undefined {
  const path = environment['VITRINE_TOKEN_FILE'] || join(dataFolderOf(environment), tokenFile);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // None there: the API will say that it wants one.
  }
}
