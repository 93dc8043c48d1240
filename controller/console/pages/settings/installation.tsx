import type { AnswerOf } from '../../../api/contract.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { may } from '../../state/me.ts';
import { bytesText } from '../../ui/format.ts';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { Findings } from './findings.tsx';
import css from './settings.module.css';

type Readiness = AnswerOf<'GET /readyz'>;

/** Whether Vitrine can do its work, what its disk holds, and what the doctor finds. */
export function Installation() {
  const health = useLoaded(readiness);
  const doctor = useLoaded(async (signal) => (may('desktops:create') ? call('GET /api/doctor', {}, { signal }) : null));
  return (
    <>
      {health.failure !== null && <Failure what="The state of the installation could not be fetched" failure={health.failure} onRetry={health.again} />}
      {health.value === undefined && health.failure === null && <Skeleton height="5rem" label="Looking at the installation" />}
      {health.value?.checks !== undefined && <Findings findings={health.value.checks.map(({ name, ok, reason }) => ({ name, ok, says: reason ?? 'ready' }))} />}
      {health.value?.disk !== undefined && <Disk disk={health.value.disk} />}
      {doctor.failure !== null && <Failure what="The doctor could not look" failure={doctor.failure} onRetry={doctor.again} />}
      {doctor.value === undefined && doctor.failure === null && <Skeleton height="9rem" label="The doctor looks" />}
      {doctor.value !== undefined && doctor.value !== null && <><h3>What it stands on</h3><Findings findings={doctor.value.findings} /><p class={css.quiet}>Seccomp profile of its desktops: {doctor.value.profile}. <code>vitrine doctor</code> also tries every known way out of a desktop.</p></>}
    </>
  );
}

/** What is not ready is answered with 503 and the same body. */
async function readiness(signal: AbortSignal): Promise<Readiness> {
  const response = await fetch('/readyz', { signal }).catch((reason: unknown) => {
    throw ApiFailure.from(reason);
  });
  if (response.status !== 200 && response.status !== 503) throw await ApiFailure.of(response);
  return (await response.json()) as Readiness;
}

function Disk({ disk }: { readonly disk: NonNullable<Readiness['disk']> }) {
  const size = (bytes: number | null) => (bytes === null ? 'not measured yet' : bytesText(bytes));
  return (
    <dl class={css.facts}>
      <div><dt>Data folder</dt><dd><code>{disk.folder}</code></dd></div>
      <div><dt>Journal</dt><dd>{size(disk.journalBytes)}</dd></div>
      <div><dt>Pictures</dt><dd>{size(disk.framesBytes)}</dd></div>
      <div><dt>Artefacts</dt><dd>{size(disk.artefactsBytes)}</dd></div>
      <div><dt>Files for runs</dt><dd>{size(disk.uploadsBytes)}</dd></div>
      <div><dt>Free</dt><dd>{size(disk.freeBytes)}</dd></div>
    </dl>
  );
}
