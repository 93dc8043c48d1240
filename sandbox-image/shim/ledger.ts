import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ActionOutcome, WireError, type Action } from '../wire/index.ts';

/** Ended actions that are remembered. The oldest are forgotten first; the begun ones without an end never. */
const maxEnded = 5000;
/** The file is rewritten when it has this many lines more than entries. */
const slackLines = 5000;

const Line = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('begun'), actionId: z.string(), digest: z.string() }),
  z.strictObject({ event: z.literal('ended'), actionId: z.string(), digest: z.string(), outcome: ActionOutcome }),
]);
type Line = z.infer<typeof Line>;

/** What the ledger knows of an action. */
export type LedgerEntry = { readonly state: 'begun'; readonly digest: string } | { readonly state: 'ended'; readonly digest: string; readonly outcome: ActionOutcome };

/** Remembers which actions were begun and how they ended, so that none is performed twice; survives a restart of the shim. */
export type Ledger = {
  find(actionId: string): LedgerEntry | undefined;
  /** Written before the first request to the X server. */
  begin(actionId: string, digest: string): void;
  /** The outcome is kept without its frame. */
  end(actionId: string, digest: string, outcome: ActionOutcome): void;
};

/** Opens the ledger in `file`; a half-written last line (the shim was killed) is left out. Throws if the file cannot be used. */
export function openLedger(file: string): Ledger {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const entries = new Map<string, LedgerEntry>();
  let ended = 0;
  let lines = 0;

  const remember = (line: Line): void => {
    lines += 1;
    if (entries.get(line.actionId)?.state === 'ended') ended -= 1;
    entries.delete(line.actionId);
    entries.set(line.actionId, line.event === 'begun' ? { state: 'begun', digest: line.digest } : { state: 'ended', digest: line.digest, outcome: line.outcome });
    if (line.event === 'ended') ended += 1;
    for (const [actionId, entry] of entries) {
      if (ended <= maxEnded) break;
      if (entry.state === 'begun') continue;
      entries.delete(actionId);
      ended -= 1;
    }
  };
  const compact = (): void => {
    writeFileSync(`${file}.new`, [...entries].map(([actionId, entry]) => print(lineOf(actionId, entry))).join(''), { mode: 0o600 });
    renameSync(`${file}.new`, file);
    lines = entries.size;
  };
  const append = (line: Line): void => {
    appendFileSync(file, print(line), { mode: 0o600 });
    remember(line);
    if (lines > entries.size + slackLines) compact();
  };

  for (const line of readLines(file)) remember(line);
  compact();
  return {
    find: (actionId) => entries.get(actionId),
    begin: (actionId, digest) => append({ event: 'begun', actionId, digest }),
    end(actionId, digest, { frame: _frame, ...outcome }) {
      append({ event: 'ended', actionId, digest, outcome });
    },
  };
}

/** Names an action by its content: equal actions have equal digests. */
export function digestOf(action: Action): string {
  return createHash('sha256').update(JSON.stringify(action)).digest('hex').slice(0, 32);
}

/** Throws WireError `conflict` when an id is used for another action than before. */
export function assertSameAction(actionId: string, known: string, asked: string): void {
  if (known !== asked) throw new WireError('conflict', `action id ${actionId} was used for another action`);
}

function lineOf(actionId: string, entry: LedgerEntry): Line {
  return entry.state === 'begun' ? { event: 'begun', actionId, digest: entry.digest } : { event: 'ended', actionId, digest: entry.digest, outcome: entry.outcome };
}

function print(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function readLines(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw cause;
  }
  const whole = text.endsWith('\n') ? text.split('\n') : text.split('\n').slice(0, -1);
  return whole.filter((line) => line !== '').map((line) => Line.parse(JSON.parse(line)));
}
