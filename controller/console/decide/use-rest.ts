import { useEffect, useState } from 'preact/hooks';
import { restMs } from './decision-rest.ts';

/** True for as long as nothing is decided by what has just appeared. */
export function useRest(): boolean {
  const [isResting, setResting] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setResting(false), restMs);
    return () => clearTimeout(timer);
  }, []);
  return isResting;
}
