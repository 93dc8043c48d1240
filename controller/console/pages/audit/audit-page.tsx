import { Empty } from '../../ui/states.tsx';

/** Audit. */
export function AuditPage() {
  return <Empty title="Audit" />;
}
