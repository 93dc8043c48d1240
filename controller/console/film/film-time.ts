/** A time of a film, from its beginning: `00:07.4`, `1:02:07.4`. */
export function filmTime(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 100));
  const hours = Math.floor(whole / 36_000);
  const minutes = Math.floor(whole / 600) % 60;
  const seconds = `${String(Math.floor(whole / 10) % 60).padStart(2, '0')}.${whole % 10}`;
  return `${hours === 0 ? '' : `${hours}:`}${String(minutes).padStart(2, '0')}:${seconds}`;
}
