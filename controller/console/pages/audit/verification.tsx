import { call } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/states.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import css from './audit.module.css';

/** Whether the chain of hashes holds, computed anew by the server. */
export function Verification() {
  const { value, failure, isLoading, again } = useLoaded((signal) => call('GET /api/audit/verification', {}, { signal, timeoutMs: 120_000 }));
  const tone = failure !== null || (value !== undefined && value.misfit !== null) ? css.broken : css.whole;
  return (
    <div class={`${css.chain} ${value === undefined && failure === null ? '' : tone}`} role="status">
      <span>
        {failure !== null && `✕ The chain could not be verified: ${failure.message}`}
        {failure === null && value === undefined && <Skeleton width="24rem" label="Verifying the chain of hashes" />}
        {failure === null && value !== undefined && (value.misfit === null
          ? <>✓ The chain holds: {value.entries} entries, each bound to the one before. Last hash <code title={value.last}>{value.last.slice(0, 12)}…</code></>
          : <>✕ The chain is broken at entry {value.misfit}: it was changed, or one before it is missing. {value.entries} entries before it fit.</>)}
      </span>
      <Button size="small" busy={isLoading} onClick={again}>Verify again</Button>
    </div>
  );
}
