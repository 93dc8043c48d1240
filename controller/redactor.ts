import type { Secret } from './secret.ts';

/** Takes the values of secrets out of what is written for people: log lines, messages of errors, outputs. */
export interface Redactor {
  /** The text without a trace of a known value, as it is or escaped for JSON or an address, and without what looks like a credential. */
  text(text: string): string;
  /** The same for every string inside a value of plain data; returns the value itself where there is nothing to take out. */
  data<Value>(value: Value): Value;
}

/** Stands where something was taken out. */
export const redacted = '[secret]';

/** A shorter value stands in words and ids by chance: taking it out would garble what has nothing to do with it. */
const minCharacters = 4;

/** What we ourselves call things by: it holds nobody's words, and whoever waits for it has to know it again. */
const ownNames: ReadonlySet<string> = new Set(['type', 'effectId', 'runId', 'desktopId', 'actionId', 'frameId', 'hash']);

/** Anything that looks like a credential, whoever it belongs to. */
const patterns = [/\bsk-[\w-]{16,}/g, /\bv(?:ts?|it)_[\w-]{20,}/g, /Bearer\s+[\w.~+/=-]{8,}/g];

/** A redactor of these secrets. */
export function createRedactor(secrets: Iterable<Secret | undefined>): Redactor {
  const values = new Set([...secrets].flatMap((secret) => (secret === undefined ? [] : writtenForms(secret.reveal()))));
  // The longest first: one value may stand inside another.
  const longestFirst = [...values].toSorted((one, other) => other.length - one.length);
  const text = (from: string): string => {
    let clean = from;
    for (const value of longestFirst) clean = clean.replaceAll(value, redacted);
    for (const pattern of patterns) clean = clean.replace(pattern, redacted);
    return clean;
  };
  const data = <Value>(value: Value): Value => redactedData(value, text) as Value;
  return { text, data };
}

function writtenForms(value: string): string[] {
  return value.length < minCharacters ? [] : [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
}

function redactedData(value: unknown, text: (from: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => redactedData(item, text));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => (ownNames.has(name) ? [name, item] : [text(name), redactedData(item, text)]));
  const isSame = Object.entries(value).every(([name, item], index) => entries[index]?.[0] === name && entries[index]?.[1] === item);
  return isSame ? value : Object.fromEntries(entries);
}
