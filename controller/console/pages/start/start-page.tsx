import { Empty } from '../../ui/states.tsx';

/** Start a run. */
export function StartPage() {
  return <Empty title="Start a run" />;
}
