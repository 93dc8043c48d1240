import type { EntryKind } from './timeline-entry.ts';

/** A sign for each kind of entry, drawn on 16 by 16. */
export const rowSigns: Readonly<Record<EntryKind, string>> = {
  task: 'M3 1.500h1.600V3H13l-2 3 2 3H4.600v5.500H3Z',
  turn: 'M2 2.500h12v8H8L4.500 13.500v-3H2Z',
  action: 'm3 1.500 10 6-4.300 1.200L11 13l-2 1-2.300-4.300L3.500 12.500Z',
  tool: 'M1.500 2.500h13v11h-13Zm2 2.700L6 7.500 3.500 9.800l1 1L8 7.500 4.500 4.200Zm5 4.800v1.300h4V10Z',
  operator: 'M8 1a3.400 3.400 0 1 1 0 6.800A3.400 3.400 0 0 1 8 1ZM1.600 15c.2-3.800 2.900-6 6.400-6s6.200 2.200 6.400 6Z',
  approval: 'M8 1.200 15.400 14.400H.6Z M7.200 6v4h1.600V6Z M7.200 11.200v1.600h1.600v-1.600Z',
  network: 'M8 1.500a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13ZM7.300 3.200C5.800 4 5 5.500 5 7.200h2.300Zm1.400 0v4H11c0-1.700-.8-3.200-2.300-4Zm-1.400 5.500H5c.1 1.700.9 3.200 2.300 4Zm1.400 0v4c1.400-.8 2.200-2.300 2.300-4Z',
  rule: 'M8 1 14 3.500V8c0 3.500-2.500 6-6 7-3.500-1-6-3.500-6-7V3.500Z',
  note: 'M3 1.500h7l3 3v10H3Zm2 5v1.300h6V6.500Zm0 3v1.300h6V9.500Z',
  control: 'M2 6h8V3l4.500 4.500L10 12V9H2Z',
  desktop: 'M1.500 2.500h13v9h-5v1.500h2v1.500h-7V13h2v-1.500h-5Zm1.600 1.600v5.800h9.800V4.100Z',
  problem: 'M3.500 1.700 8 6.200l4.500-4.500 1.800 1.800L9.800 8l4.500 4.500-1.800 1.800L8 9.800l-4.500 4.500-1.800-1.800L6.200 8 1.700 3.500Z',
  end: 'M2.500 1h1.600v1H13v7H4.100v6H2.500Z',
};

/** Kinds with something to read: their rows are higher. */
const tall: ReadonlySet<EntryKind> = new Set(['task', 'turn', 'approval', 'note', 'end']);

/** The height of a row in rem. It hangs on the kind alone, so that nothing moves when what is under way ends. */
export function rowHeight(kind: EntryKind): number {
  return tall.has(kind) ? 4.25 : 3;
}
