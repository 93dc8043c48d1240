import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ModelDialect } from '../../controller/models/model-entry.ts';
import type { Action } from '../../sandbox-image/wire/index.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, '.vitrine/conformance');

/** The page that is made of the rows. */
export const tablePage = join(root, 'docs/dialects.md');

/** One thing that a model asked for in a test, what the desktop did, and what went back. */
export type Row = {
  /** A word of the dialect's vocabulary. */
  readonly action: string;
  /** How the model wrote it. */
  readonly said: string;
  /** What was performed, in Vitrine's own words. */
  readonly performed: string;
  /** What the model was told, by kind. */
  readonly result: string;
};

/** What a whole run of one dialect's test saw. */
export type Seen = { readonly dialect: ModelDialect; readonly seenAt: string; readonly rows: readonly Row[] };

/** Keeps the rows of a dialect under .vitrine/conformance/, where `npm run docs:dialects` finds them. */
export function recordRows(dialect: ModelDialect, rows: readonly Row[]): void {
  mkdirSync(folder, { recursive: true });
  const seen: Seen = { dialect, seenAt: new Date().toISOString(), rows };
  writeFileSync(join(folder, `${dialect}.json`), `${JSON.stringify(seen, null, 2)}\n`);
}

/** The rows that were kept last. Throws where the dialect's test has not run. */
export function recordedRows(dialect: ModelDialect): Seen {
  return JSON.parse(readFileSync(join(folder, `${dialect}.json`), 'utf8')) as Seen;
}

/** An action in few words: its coordinates belong to the test, not to the table. */
export function performedWords(action: Action): string {
  switch (action.type) {
    case 'click':
      return words('click', action.button, action.count > 1 ? `×${action.count}` : '', ...held(action.modifiers));
    case 'mouse_down':
    case 'mouse_up':
      return words(action.type, action.button);
    case 'drag':
      return words('drag', action.button, `over ${action.path.length} points`, ...held(action.modifiers));
    case 'move':
      return words('move', ...held(action.modifiers));
    case 'scroll':
      return words('scroll', action.dy === 0 ? '' : `${action.dy < 0 ? 'up' : 'down'} ${Math.abs(action.dy)}`, action.dx === 0 ? '' : `${action.dx < 0 ? 'left' : 'right'} ${Math.abs(action.dx)}`, ...held(action.modifiers));
    case 'type':
      return words('type', JSON.stringify(action.text));
    case 'key':
      return words('key', action.keys.join('+'), action.repeat > 1 ? `×${action.repeat}` : '');
    case 'key_down':
    case 'key_up':
      return words(action.type, action.key);
    case 'hold':
      return words('hold', action.keys.join('+'), `${action.ms} ms`);
    case 'wait':
      return words('wait', `${action.ms} ms`);
    case 'zoom':
      return words('zoom', `${action.region.width}×${action.region.height}`);
    case 'screenshot':
    case 'cursor':
      return action.type;
  }
}

function held(modifiers: readonly string[]): string[] {
  return modifiers.length === 0 ? [] : [`with ${modifiers.join('+')}`];
}

function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
