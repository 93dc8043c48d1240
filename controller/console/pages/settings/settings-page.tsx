import { Empty } from '../../ui/states.tsx';

/** Settings. */
export function SettingsPage() {
  return <Empty title="Settings" />;
}
