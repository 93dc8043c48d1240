import { effect, signal, untracked } from '@preact/signals';
import { notifies } from '../state/settings.ts';
import { titleOf } from './asked-words.ts';
import { show } from './dock.ts';
import { waiting } from './waiting.ts';
import type { Waiting } from './waiting.ts';
import { liveRun } from '../state/live.ts';

/** Whether this browser may show notifications; `unavailable` where it cannot at all. */
export const permission = signal<NotificationPermission | 'unavailable'>('Notification' in globalThis ? Notification.permission : 'unavailable');

/** Asks the browser for its permission, as it is only allowed to after a press of a button. */
export async function permitNotifications(): Promise<void> {
  if (permission.value === 'unavailable') return;
  permission.value = await Notification.requestPermission();
  notifies.value = permission.value === 'granted';
}

/** Notifies of each question once, while nobody looks at this page, and takes the notification back when it is answered. Call once. */
export function startNotifying(): void {
  const sent = new Map<string, Notification | null>();
  effect(() => {
    const open = waiting.value;
    untracked(() => {
      for (const [key, notification] of sent) {
        if (open.some((one) => one.key === key)) continue;
        notification?.close();
        sent.delete(key);
      }
      for (const one of open) if (!sent.has(one.key)) sent.set(one.key, notify(one));
    });
  });
}

function notify(one: Waiting): Notification | null {
  if (!notifies.value || permission.value !== 'granted' || document.hasFocus()) return null;
  const title = one.kind === 'approval' ? titleOf(one.approval) : 'The model repeats itself';
  const runId = one.kind === 'approval' ? one.approval.runId : one.item.runId;
  const notification = new Notification(title, { body: liveRun(runId)?.task ?? runId, tag: one.key, icon: '/icon.svg', requireInteraction: true });
  notification.addEventListener('click', () => {
    globalThis.focus();
    show(one.key);
    notification.close();
  });
  return notification;
}
