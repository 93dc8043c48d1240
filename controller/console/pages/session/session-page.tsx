import { Empty } from '../../ui/states.tsx';

/** Session. */
export function SessionPage() {
  return <Empty title="Session" />;
}
