/** Calls back before each picture of the screen, until the returned function is called. */
export function eachPicture(step: (now: number) => void): () => void {
  let handle = 0;
  const next = (now: number) => {
    handle = requestAnimationFrame(next);
    step(now);
  };
  handle = requestAnimationFrame(next);
  return () => cancelAnimationFrame(handle);
}
