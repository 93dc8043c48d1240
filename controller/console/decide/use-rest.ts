import { useEffect, useState } from 'preact/hooks';
import { restMs } from './decision-rest.ts';

/** True for as long as nothing is decided by what has just appeared, or has just moved to another place. */
export function useRest(place: unknown = null): boolean {
  const [restedAt, setRestedAt] = useState<{ readonly place: unknown } | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setRestedAt({ place }), restMs);
    return () => clearTimeout(timer);
  }, [place]);
  return restedAt === null || restedAt.place !== place;
}
