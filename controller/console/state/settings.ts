import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'dark' | 'light';

/** How the console looks; kept in this browser. */
export const theme = signal<Theme>(kept('theme', ['system', 'dark', 'light'], 'system'));

/** Whether this browser shows a notification when something waits for a person; kept in this browser. */
export const notifies = signal(kept('notify', ['yes', 'no'], 'no') === 'yes');

/** Puts the settings into force, now and whenever they change. */
export function applySettings(): void {
  const light = matchMedia('(prefers-color-scheme: light)');
  const isSystemLight = signal(light.matches);
  light.addEventListener('change', () => { isSystemLight.value = light.matches; });
  effect(() => {
    const scheme = theme.value === 'system' ? (isSystemLight.value ? 'light' : 'dark') : theme.value;
    document.documentElement.dataset['theme'] = scheme;
    keep('theme', theme.value);
  });
  effect(() => keep('notify', notifies.value ? 'yes' : 'no'));
}

function kept<Value extends string>(name: string, allowed: readonly Value[], otherwise: Value): Value {
  try {
    return allowed.find((value) => value === localStorage.getItem(`vitrine.${name}`)) ?? otherwise;
  } catch {
    return otherwise; // Storage can be switched off; the settings then last as long as the page.
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`vitrine.${name}`, value);
  } catch {
    // Storage can be switched off; the settings then last as long as the page.
  }
}
