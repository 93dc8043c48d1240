import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { VitrineError } from '../errors.ts';
import type { StoredToken, TokenTable } from '../journal/token-table.ts';
import { NamedScope, Role, scopesOfRole } from './scopes.ts';
import type { Scope } from './scopes.ts';
import { endSignal, hashOf } from './tokens.ts';
import type { Grant, Tokens } from './tokens.ts';

const dayMs = 24 * 3_600_000;
/** What begins every token, so that scanners for leaked secrets can know it. */
const prefix = 'vit_';

/** Who acts in journals and audits besides tokens: nobody may pass for them. */
const reservedNames: ReadonlySet<string> = new Set(['first-token', 'vitrine', 'gate', 'gateway', 'anonymous']);

/** What is said about a new token. */
export const NewToken = z.strictObject({
  /** Stands in journals and audits; used once for ever. */
  name: z.string().regex(/^[\w.@-]{1,64}$/, { error: '1 to 64 letters, digits, ".", "_", "@" or "-"' }),
  role: Role,
  /** Given by name, besides those of the role. */
  scopes: z.array(NamedScope).max(32).default([]),
  project: z.string().regex(/^[\w.-]{1,64}$/, { error: '1 to 64 letters, digits, ".", "_" or "-"' }).default('default'),
  expiresInDays: z.number().positive().max(3650).default(90),
}).meta({ id: 'NewToken' });
export type NewToken = z.output<typeof NewToken>;

/** A token as it is shown: never itself. */
export const TokenView = z.strictObject({
  id: z.string(),
  name: z.string(),
  project: z.string(),
  role: Role,
  scopes: z.array(NamedScope),
  createdBy: z.string(),
  createdAt: z.int(),
  expiresAt: z.int(),
  revokedAt: z.int().nullable(),
}).meta({ id: 'Token' });
export type TokenView = z.infer<typeof TokenView>;

/** All tokens, with those who manage them. Changes are durable when a method returns. */
export interface TokenBook extends Tokens {
  /** Makes a token; `token` is shown this once and kept as a hash only. Throws `conflict` if the name is taken. */
  create(wanted: NewToken, by: string): { readonly token: string; readonly view: TokenView };
  list(): readonly TokenView[];
  /** Ends a token at once, with everything that it holds open. Throws `not_found`. */
  revoke(id: string, by: string): TokenView;
}

type Entry = { stored: StoredToken; readonly grant: Grant; readonly end: AbortController; timer?: NodeJS.Timeout };

/** The tokens of the journal, and `first`, which configuration or the data folder hold. */
export function createTokenBook(table: TokenTable, first: Tokens, now: () => number = Date.now): TokenBook {
  const entries = new Map<string, Entry>();
  const byHash = new Map<string, Entry>();
  const add = (stored: StoredToken) => {
    const end = endSignal();
    const entry: Entry = { stored, end, grant: grantOf(stored, end.signal) };
    entries.set(stored.id, entry);
    byHash.set(stored.hash, entry);
    endInTime(entry);
    return entry;
  };
  /** Timers hold 24 days; the time of a token may be farther away. */
  const endInTime = (entry: Entry) => {
    const left = entry.stored.expiresAt - now();
    if (entry.stored.revokedAt !== null || left <= 0) return entry.end.abort();
    entry.timer = setTimeout(() => endInTime(entry), Math.min(left, 20 * dayMs)).unref();
  };
  const isValid = (found: Entry | undefined): found is Entry => found !== undefined && found.stored.revokedAt === null && found.stored.expiresAt > now();
  for (const stored of table.all()) add(stored);

  return {
    find(presented) {
      // By its hash: how long a look takes tells nothing about the token.
      const found = byHash.get(hashOf(presented).toString('hex'));
      return first.find(presented) ?? (isValid(found) ? found.grant : undefined);
    },
    named(name) {
      const found = entries.values().find(({ stored }) => stored.name === name);
      return first.named(name) ?? (isValid(found) ? { grant: found.grant, hash: Buffer.from(found.stored.hash, 'hex') } : undefined);
    },
    create({ name, role, scopes, project, expiresInDays }, by) {
      const id = randomBytes(6).toString('hex').slice(0, 8);
      const token = `${prefix}${id}_${randomBytes(32).toString('base64url')}`;
      const at = now();
      const stored: StoredToken = { id, name, hash: hashOf(token).toString('hex'), project, role, scopes, createdBy: by, createdAt: at, expiresAt: Math.round(at + expiresInDays * dayMs), revokedAt: null };
      if (reservedNames.has(name.toLowerCase()) || !table.insert(stored)) throw new VitrineError('conflict', `there is or was a token called ${name}: choose another name`);
      return { token, view: viewOf(add(stored).stored) };
    },
    list: () => [...entries.values()].map(({ stored }) => viewOf(stored)),
    revoke(id, by) {
      const entry = entries.get(id);
      if (entry === undefined) throw new VitrineError('not_found', `there is no token ${JSON.stringify(id)}`);
      if (entry.stored.revokedAt === null) {
        const at = now();
        table.revoke(id, at, by);
        entry.stored = { ...entry.stored, revokedAt: at };
        clearTimeout(entry.timer);
        entry.end.abort();
      }
      return viewOf(entry.stored);
    },
  };
}

function grantOf({ name, project, role, scopes }: StoredToken, ended: AbortSignal): Grant {
  const ofRole = scopesOfRole[Role.parse(role)];
  return { name, project, scopes: new Set([...ofRole, ...(scopes as readonly Scope[])]), mayDecideOwn: scopes.includes('approvals:decide'), ended };
}

function viewOf({ hash: _hash, ...stored }: StoredToken): TokenView {
  return TokenView.parse(stored);
}
