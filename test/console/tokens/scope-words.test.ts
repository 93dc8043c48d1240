import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Role, scopes, scopesOfRole } from '../../../controller/access/scopes.ts';
import { moreFor, rightsOfRole, roleWords, scopeWords } from '../../../controller/console/pages/tokens/scope-words.ts';

it('the console knows every role and right as the server does', () => {
  assert.deepEqual(Object.keys(roleWords), Role.options);
  assert.deepEqual(Object.keys(scopeWords).toSorted(), scopes.filter((scope) => scope !== 'open').toSorted());
  for (const role of Role.options) assert.deepEqual(rightsOfRole[role].toSorted(), scopesOfRole[role].filter((scope) => scope !== 'open').toSorted(), role);
  assert.deepEqual(moreFor('admin'), []);
  assert.ok(moreFor('operator').includes('approvals:decide') && !moreFor('operator').includes('runs:create'));
});
