import { call } from '../../api/client.ts';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { Findings } from './findings.tsx';

/** The configured models: which can be used, and why the others cannot. */
export function ModelsList() {
  const { value, failure, again } = useLoaded((signal) => call('GET /api/models', {}, { signal }));
  if (value === undefined) return failure === null ? <Skeleton height="4rem" label="Loading the models" /> : <Failure what="The models could not be fetched" failure={failure} onRetry={again} />;
  return <Findings findings={value.models.map(({ name, provider, dialect, usable, reason }) => ({ name, ok: usable, says: usable ? `${provider}, ${dialect}` : (reason ?? 'not usable') }))} />;
}
