#!/usr/bin/env node
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommanderError } from 'commander';
import { ApiFailure, Unreachable } from './client.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { clientOf } from './terminal.ts';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted')));
process.once('SIGTERM', () => stop.abort(new Error('terminated')));
process.stdout.on('error', () => stop.abort(new Error('nobody reads the output'))); // vitrine events | head

const program = createProgram({
  client: clientOf(process.env),
  print: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  signal: stop.signal,
  saveFile: (path, content) => pipeline(Readable.from(content), path === '-' ? process.stdout : createWriteStream(path)),
}, (code) => {
  process.exitCode = code;
});

try {
  await program.parseAsync(process.argv);
} catch (reason) {
  process.exitCode = exitCodeOfFailure(reason);
}

function exitCodeOfFailure(reason: unknown): number {
  if (reason instanceof CommanderError) return reason.exitCode === 0 ? exitCodes.succeeded : exitCodes.usage;
  if (stop.signal.aborted) return exitCodes.cancelled;
  process.stderr.write(`vitrine: ${reason instanceof Error ? reason.message : String(reason)}\n`);
  if (reason instanceof Unreachable) return exitCodes.noAccess;
  if (reason instanceof ApiFailure) return reason.status === 401 || reason.status === 429 ? exitCodes.noAccess : exitCodes.refused;
  return exitCodes.failed;
}
