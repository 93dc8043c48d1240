import { Empty } from '../ui/states.tsx';

/** Where the console has no page. */
export function NoPage() {
  return <Empty title="There is no such page"><p>The address leads nowhere in this console. <a href="/">All sessions</a></p></Empty>;
}
