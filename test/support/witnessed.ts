/** What witness.py wrote of one event. */
export type Witnessed = { readonly event: string; readonly held: readonly string[]; readonly button?: number; readonly x?: number; readonly y?: number; readonly direction?: string; readonly key?: string };

/** The lines of its log. */
export function readWitness(log: string): Witnessed[] {
  return log.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Witnessed);
}

/** An event in short: what, with what, where, what is held. */
export function witnessedWords({ event, held, button, x, y, direction, key }: Witnessed): string {
  const place = x === undefined ? undefined : `${x},${y}`;
  return [event, button ?? direction ?? key, place, held.length > 0 ? held.join('+') : undefined].filter((word) => word !== undefined).join(' ');
}
