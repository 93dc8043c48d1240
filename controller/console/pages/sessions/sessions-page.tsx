import { computed } from '@preact/signals';
import { desktops, loadFailure, refreshAll, runs } from '../../state/live.ts';
import { sessionsOf, statusOf } from '../../state/session-status.ts';
import { pathTo } from '../../../api/console-paths.ts';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

const sessions = computed(() => (desktops.value === undefined || runs.value === undefined ? undefined : sessionsOf(desktops.value, runs.value)));

/** Every session. */
export function SessionsPage() {
  if (sessions.value === undefined) return loadFailure.value === null ? <Skeleton height="12rem" label="Loading the sessions" /> : <Failure what="The sessions could not be fetched" failure={loadFailure.value} onRetry={refreshAll} />;
  if (sessions.value.length === 0) return <Empty title="No session" />;
  return (
    <>
      <h1>Sessions</h1>
      <ul>
        {sessions.value.map((session) => (
          <li key={session.key}>
            <StateBadge status={statusOf(session)} /> <a href={session.run === null ? pathTo('desktop', session.key) : pathTo('run', session.run.id)}>{session.run?.task ?? session.key}</a>
          </li>
        ))}
      </ul>
    </>
  );
}
