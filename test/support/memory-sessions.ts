import type { SessionTable, StoredSession } from '../../controller/journal/session-table.ts';

/** Sessions that live as long as the test. */
export function memorySessions(): SessionTable {
  const rows = new Map<string, StoredSession>();
  return {
    all: () => [...rows.values()],
    insert: (session) => void rows.set(session.id, session),
    remove: (id) => void rows.delete(id),
    removeExpired(now) {
      for (const { id, expiresAt } of rows.values()) if (expiresAt <= now) rows.delete(id);
    },
  };
}
