import type { CallOf } from '../../../api/contract.ts';

type NewToken = NonNullable<CallOf<'POST /api/tokens'>['body']>;
export type Role = NewToken['role'];
export type Scope = Exclude<NonNullable<NewToken['scopes']>[number], 'open'>;

/** What each role is for, in words. */
export const roleWords: Readonly<Record<Role, string>> = {
  viewer: 'sees sessions, runs and approvals; changes nothing',
  operator: 'launches desktops, gives tasks, steers, takes control; decides no approvals',
  admin: 'may do everything, also manage tokens and decide approvals',
};

/** What each right is for, in words. */
export const scopeWords: Readonly<Record<Scope, string>> = {
  'desktops:read': 'see desktops and their screens',
  'desktops:create': 'launch desktops',
  'desktops:release': 'release desktops',
  'desktops:act': 'act on desktops directly',
  'files:read': 'read files of desktops',
  'files:write': 'write files of desktops',
  'programs:run': 'run programs on desktops',
  'runs:read': 'see runs, their events and replays',
  'runs:create': 'give tasks',
  'runs:control': 'pause, resume, message and end runs',
  'control:take': 'take control from an agent',
  'control:seize': 'take control from another person',
  'approvals:read': 'see the questions to people',
  'approvals:decide': 'decide the questions to people, also of runs that it started',
  'models:read': 'see which models there are',
  'metrics:read': 'read the metrics of the installation',
  'tokens:manage': 'make and revoke tokens',
  'audit:read': 'read who changed what',
  'network:write': 'give runs a way out, and change it',
  'secrets:use': 'have secrets typed by name',
  'backup:read': 'take a backup of everything',
  'backup:restore': 'put a backup in the place of everything',
  'image:build': 'have the desktop\'s image built',
};

const ofViewer: readonly Scope[] = ['desktops:read', 'runs:read', 'approvals:read', 'models:read', 'metrics:read'];
const ofOperator: readonly Scope[] = [...ofViewer, 'desktops:create', 'desktops:release', 'desktops:act', 'files:read', 'files:write', 'programs:run', 'runs:create', 'runs:control', 'control:take'];

/** The rights that a role has without being given them by name. */
export const rightsOfRole: Readonly<Record<Role, readonly Scope[]>> = { viewer: ofViewer, operator: ofOperator, admin: Object.keys(scopeWords) as Scope[] };

/** The rights that can be given to a role by name. */
export function moreFor(role: Role): readonly Scope[] {
  return (Object.keys(scopeWords) as Scope[]).filter((scope) => !rightsOfRole[role].includes(scope));
}
