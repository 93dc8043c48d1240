import { useLocation } from 'preact-iso';
import { consolePaths } from '../../api/console-paths.ts';
import { waitingCount } from '../state/live.ts';
import { may, me } from '../state/me.ts';
import { signOut } from '../state/sign-in.ts';
import { theme } from '../state/settings.ts';
import type { Theme } from '../state/settings.ts';
import { Button } from '../ui/button.tsx';
import { ConnectionLight } from './connection-light.tsx';
import css from './frame.module.css';

const nextTheme: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' };
const themeWords: Readonly<Record<Theme, string>> = { system: 'as the system', dark: 'dark', light: 'light' };
const themeMarks: Readonly<Record<Theme, string>> = { system: '◐', dark: '●', light: '○' };

/** The line above every page: where one is, what waits, whether what is shown is live, who is signed in. */
export function Header() {
  const { path } = useLocation();
  const link = (to: string, words: string) => <a class={css.link} href={to} aria-current={path === to ? 'page' : undefined}>{words}</a>;
  return (
    <header class={css.header}>
      <a class={css.brand} href={consolePaths.sessions} aria-label="Vitrine, all sessions">
        <img src="/icon.svg" width="22" height="22" alt="" /> <span>Vitrine</span>
      </a>
      <nav class={css.nav} aria-label="Pages">
        {link(consolePaths.sessions, 'Sessions')}
        <Waiting isHere={path === consolePaths.inbox} />
        {may('runs:create') && link(consolePaths.start, 'Start a run')}
        {may('tokens:manage') && link(consolePaths.tokens, 'Tokens')}
        {may('audit:read') && link(consolePaths.audit, 'Audit')}
      </nav>
      <div class={css.own}>
        <ConnectionLight />
        <Button kind="quiet" size="small" aria-label={`Colours: ${themeWords[theme.value]}. Change to ${themeWords[nextTheme[theme.value]]}`} title={`Colours: ${themeWords[theme.value]}`} onClick={() => { theme.value = nextTheme[theme.value]; }}>{themeMarks[theme.value]}</Button>
        <a class={css.who} href={consolePaths.settings} aria-current={path === consolePaths.settings ? 'page' : undefined} title={`${me.value?.name}, project ${me.value?.project}: settings`}>{me.value?.name}</a>
        <Button kind="quiet" size="small" onClick={() => void signOut()}>Sign out</Button>
      </div>
    </header>
  );
}

/** The inbox in the navigation; it cannot be overlooked while something is in it. */
function Waiting({ isHere }: { readonly isHere: boolean }) {
  const count = waitingCount.value;
  return (
    <a class={count > 0 ? `${css.link} ${css.waiting}` : css.link} href={consolePaths.inbox} aria-current={isHere ? 'page' : undefined}>
      Inbox <span class={css.count} data-none={count === 0 || undefined}>{count}<span class="unseen"> waiting for a person</span></span>
    </a>
  );
}
