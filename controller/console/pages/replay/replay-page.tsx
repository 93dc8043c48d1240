import { Empty } from '../../ui/states.tsx';

/** Replay. */
export function ReplayPage() {
  return <Empty title="Replay" />;
}
