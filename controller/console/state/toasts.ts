import { signal } from '@preact/signals';

export type Toast = { readonly id: number; readonly kind: 'done' | 'failed'; readonly words: string };

/** What is told for a moment, and read out by screen readers. */
export const toasts = signal<readonly Toast[]>([]);

const shownMs = 6000;
let count = 0;

/** Tells something that was done, or that failed, for a few seconds. */
export function tell(kind: Toast['kind'], words: string): void {
  count += 1;
  const id = count;
  toasts.value = [...toasts.value, { id, kind, words }];
  setTimeout(() => dismiss(id), shownMs);
}

/** Takes a toast away. */
export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
