import { effect, signal, untracked } from '@preact/signals';
import { inbox } from '../state/live.ts';
import { notifies } from '../state/settings.ts';
import { shownText } from '../ui/shown-text.ts';
import { titleOf } from './asked-words.ts';
import { show } from './dock.ts';
import { taskOf, waiting } from './waiting.ts';
import type { Waiting } from './waiting.ts';

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
    void inbox.value;
    untracked(() => {
      for (const [key, notification] of sent) {
        if (open.some((one) => one.key === key)) continue;
        notification?.close();
        sent.delete(key);
      }
      for (const one of open) {
        const task = taskKnown(one);
        // A question may be known before its run is; the inbox that names both comes a moment later.
        if (task !== undefined && !sent.has(one.key)) sent.set(one.key, notify(one, task));
      }
    });
  });
}

function runIdOf(one: Waiting): string {
  return one.kind === 'approval' ? one.approval.runId : one.item.runId;
}

function taskKnown(one: Waiting): string | undefined {
  const runId = runIdOf(one);
  return taskOf(runId) ?? inbox.value.find((item) => item.runId === runId)?.task;
}

function notify(one: Waiting, task: string): Notification | null {
  if (!notifies.value || permission.value !== 'granted' || document.hasFocus()) return null;
  const title = one.kind === 'approval' ? titleOf(one.approval) : 'The model repeats itself';
  const notification = new Notification(title, { body: shownText(task), tag: one.key, icon: '/icon.svg', requireInteraction: true });
  notification.addEventListener('click', () => {
    globalThis.focus();
    show(one.key);
    notification.close();
  });
  return notification;
}
