import { Empty } from '../../ui/states.tsx';

/** Compare two runs. */
export function ComparePage() {
  return <Empty title="Compare two runs" />;
}
