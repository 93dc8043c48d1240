import { signal } from '@preact/signals';
import { ApiFailure } from '../api/api-failure.ts';
import type { AnswerOf } from '../../api/contract.ts';
import { call } from '../api/client.ts';
import { tell } from './toasts.ts';

export type DesktopImage = AnswerOf<'GET /api/image'>;
export type ImageBuild = NonNullable<DesktopImage['build']>;

/** The image that desktops are made from, as last asked for; undefined before the first answer. */
export const desktopImage = signal<DesktopImage | undefined>(undefined);

let watchers = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** How long what was heard is good for: a build is looked at every second, an image that is there seldom. */
export function nextLookMs(image: DesktopImage | undefined): number {
  switch (image?.state) {
    case 'building': return 1000;
    case 'present': return 30_000;
    case 'missing':
    case 'failed':
    case undefined: return 3000;
  }
}

/** Keeps `desktopImage` up to date as long as somebody looks at it. Returns how to stop. */
export function watchDesktopImage(): () => void {
  watchers += 1;
  if (watchers === 1) void look();
  return () => {
    watchers -= 1;
    if (watchers === 0) clearTimeout(timer);
  };
}

async function look(): Promise<void> {
  clearTimeout(timer);
  if (!document.hidden || desktopImage.value === undefined) await call('GET /api/image').then((found) => { desktopImage.value = found; }, () => {}); // What is known stays; the connection says so itself.
  clearTimeout(timer);
  if (watchers > 0) timer = setTimeout(() => void look(), nextLookMs(desktopImage.value));
}

/** Has the image built, or the build given up; what went wrong is told. */
export async function changeImage(deed: 'build' | 'cancel'): Promise<void> {
  try {
    desktopImage.value = await call(deed === 'build' ? 'POST /api/image/build' : 'POST /api/image/build/cancel');
  } catch (reason) {
    tell('failed', ApiFailure.from(reason).message);
  }
  if (watchers > 0) await look();
}
