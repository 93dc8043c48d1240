/** What a request needs to be allowed to do. Every route names one; `open` needs no token. Today's one token has all of them. */
export const scopes = [
  'open',
  'desktops:read', 'desktops:create', 'desktops:release', 'desktops:act',
  'files:read', 'files:write', 'programs:run',
  'runs:read', 'runs:create', 'runs:control',
  'approvals:read', 'approvals:decide',
  'models:read',
] as const;
export type Scope = (typeof scopes)[number];
