import type { StoredToken, TokenTable } from '../../controller/journal/token-table.ts';

/** Tokens that live as long as the test. */
export function memoryTokens(): TokenTable {
  const rows = new Map<string, StoredToken>();
  return {
    all: () => [...rows.values()],
    insert(token) {
      if ([...rows.values()].some(({ name }) => name === token.name)) return false;
      rows.set(token.id, token);
      return true;
    },
    revoke(id, at, _by) {
      const row = rows.get(id);
      if (row !== undefined) rows.set(id, { ...row, revokedAt: at });
    },
  };
}
