import type { Call, Turn } from './transcript.ts';

/** What a model said to whoever asked beside calls of the caller's functions, or before it was cut off; nothing elsewhere. */
export function saidBeside(calls: readonly Call[], texts: readonly string[], unfinished: string | null = null): Pick<Turn, 'said'> {
  const said = texts.filter((text) => text.trim() !== '').join('\n\n');
  return said !== '' && (unfinished !== null || calls.some(({ asks }) => asks !== undefined)) ? { said } : {};
}
