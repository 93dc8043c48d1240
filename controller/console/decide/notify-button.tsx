import { notifies } from '../state/settings.ts';
import { Button } from '../ui/button.tsx';
import { permission, permitNotifications } from './notify.ts';

/** Turns notifications of this browser on, or off. Says so where the browser forbids them. */
export function NotifyButton({ size = 'small' }: { readonly size?: 'normal' | 'small' }) {
  if (permission.value === 'unavailable') return null;
  if (permission.value === 'denied') return <span title="Allow notifications for this address in the browser's own settings">Notifications are blocked by this browser</span>;
  const isOn = notifies.value && permission.value === 'granted';
  return <Button kind="quiet" size={size} aria-pressed={isOn} onClick={() => { if (isOn) notifies.value = false; else void permitNotifications(); }}>{isOn ? 'Notifications on' : 'Notify me'}</Button>;
}
