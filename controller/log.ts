import { pino } from 'pino';
import type { Logger } from 'pino';
import { createRedactor } from './redactor.ts';
import type { Secret } from './secret.ts';

/** Where log lines go: standard error, unless told otherwise. */
export type LogSink = { write(line: string): void };

/** What JSON leaves as it is and a terminal does not show as it is: it stands in strings only, where it can be escaped. */
const invisible = /[\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/** The log: JSON lines, without a trace of the given secrets, or of what looks like a credential. */
export function createLog(level: string, secrets: readonly (Secret | undefined)[], sink: LogSink = pino.destination({ fd: 2, sync: true })): Logger {
  const redactor = createRedactor(secrets);
  const redacting: LogSink = {
    write(line) {
      // Only inside its strings: a value that is a number must not break the line.
      const clean = redactor.text(line) === line ? line : `${JSON.stringify(redactor.data(JSON.parse(line) as unknown))}\n`;
      sink.write(clean.replaceAll(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
    },
  };
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, redacting);
}

export type { Logger };
