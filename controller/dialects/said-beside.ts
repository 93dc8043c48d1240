import type { Call, Turn } from './transcript.ts';

/** What a model said to whoever asked beside calls of the caller's functions; nothing where it called none. */
export function saidBeside(calls: readonly Call[], texts: readonly string[]): Pick<Turn, 'said'> {
  const said = texts.filter((text) => text.trim() !== '').join('\n\n');
  return said !== '' && calls.some(({ asks }) => asks !== undefined) ? { said } : {};
}
