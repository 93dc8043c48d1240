import { z } from 'zod';

/** What a request needs to be allowed to do. Every route names one; `open` needs no token. */
export const scopes = [
  'open',
  'desktops:read', 'desktops:create', 'desktops:release', 'desktops:act',
  'files:read', 'files:write', 'programs:run',
  'runs:read', 'runs:create', 'runs:control',
  'control:take', 'control:seize',
  'approvals:read', 'approvals:decide',
  'models:read',
  /** The metrics of the whole installation: numbers alone, of all projects together. */
  'metrics:read',
  'tokens:manage',
  'audit:read',
  /** Giving a run a way out, and changing it. */
  'network:write',
  /** Having secrets of the project typed, and naming them for runs. */
  'secrets:use',
  'backup:read', 'backup:restore',
  /** Having the engine build the image that desktops are made from. */
  'image:build',
] as const;
export type Scope = (typeof scopes)[number];

/** What a token may do by its role; more is given by naming scopes. */
export const Role = z.enum(['viewer', 'operator', 'admin']).meta({ id: 'Role' });
export type Role = z.infer<typeof Role>;

const viewer: readonly Scope[] = ['open', 'desktops:read', 'runs:read', 'approvals:read', 'models:read', 'metrics:read'];
const operator: readonly Scope[] = [...viewer, 'desktops:create', 'desktops:release', 'desktops:act', 'files:read', 'files:write', 'programs:run', 'runs:create', 'runs:control', 'control:take'];

/** Scopes by role. Deciding approvals is in no role but admin's: who starts runs shall not be able to approve them by accident. */
export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = { viewer, operator, admin: scopes };

/** Scopes that can be given by name. */
export const NamedScope = z.enum(scopes.filter((scope) => scope !== 'open') as [Scope, ...Scope[]]).meta({ id: 'Scope' });
