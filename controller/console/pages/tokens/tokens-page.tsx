import { Empty } from '../../ui/states.tsx';

/** Tokens. */
export function TokensPage() {
  return <Empty title="Tokens" />;
}
