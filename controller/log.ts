import { pino } from 'pino';
import type { Logger } from 'pino';
import type { Secret } from './secret.ts';

/** Where log lines go: standard error, unless told otherwise. */
export type LogSink = { write(line: string): void };

/** Anything that looks like a credential, whoever it belongs to. */
const patterns = [/\bsk-[\w-]{16,}/g, /\bvt_[\w-]{20,}/g, /Bearer\s+[\w.~+/=-]{8,}/g];

/**
 * The log: JSON lines, without a trace of the given secrets: each line is searched for their values, and for what
 * looks like a credential, before it is written.
 */
export function createLog(level: string, secrets: readonly (Secret | undefined)[], sink: LogSink = pino.destination({ fd: 2, sync: true })): Logger {
  const values = secrets.flatMap((secret) => (secret === undefined ? [] : [JSON.stringify(secret.reveal()).slice(1, -1)]));
  const redacting: LogSink = {
    write(line) {
      let clean = line;
      for (const value of values) clean = clean.replaceAll(value, '[secret]');
      for (const pattern of patterns) clean = clean.replace(pattern, '[secret]');
      sink.write(clean);
    },
  };
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, redacting);
}

export type { Logger };
