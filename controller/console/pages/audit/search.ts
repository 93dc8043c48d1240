import type { AnswerOf, CallOf } from '../../../api/contract.ts';

export type AuditEntry = AnswerOf<'GET /api/audit'>['entries'][number];
export type AuditQuery = NonNullable<CallOf<'GET /api/audit'>['query']>;

/** The fields as they are typed. */
export type Filters = { readonly who: string; readonly what: string; readonly subject: string };

/** What to ask for: a field that is empty filters nothing. */
export function searchOf(filters: Filters): Pick<AuditQuery, 'who' | 'what' | 'subject'> {
  return Object.fromEntries(Object.entries(filters).map(([name, text]) => [name, text.trim()] as const).filter(([, text]) => text !== ''));
}

/** What an entry was done to, as a page of the console; undefined where there is none. */
export function pageOf({ subject }: Pick<AuditEntry, 'subject'>): { readonly page: 'run' | 'desktop'; readonly id: string } | undefined {
  if (subject === null) return undefined;
  if (/^run-[\w-]+$/.test(subject)) return { page: 'run', id: subject };
  return /^d-[\w-]+$/.test(subject) ? { page: 'desktop', id: subject } : undefined;
}

/** The details of an entry as short pairs, in the order in which they were written; nulls and empty lists left out, moments as dates. */
export function pairsOf({ details }: Pick<AuditEntry, 'details'>): readonly (readonly [name: string, value: string])[] {
  return Object.entries(details).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)).map(([name, value]) => [name, valueText(name, value)] as const);
}

function valueText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && /(?:At|Until)$/.test(name)) return new Date(value).toISOString().slice(0, 19).replace('T', ' ');
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(', ') : JSON.stringify(value);
}
