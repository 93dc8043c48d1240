import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { lazy } from 'preact-iso';
import { call } from '../api/client.ts';
import { Button } from '../ui/button.tsx';
import css from '../ui/states.module.css';

/** The console is loaded again by itself at most once in so long. */
const betweenReloadsMs = 60_000;
const key = 'vitrine.reloaded-at';

/** A page that is fetched when it is first opened. Where that fails, its place says so instead of staying empty. */
export function fetched(load: () => Promise<FunctionComponent>): FunctionComponent {
  return lazy(() => load().catch((reason: unknown) => {
    console.error(reason);
    return NotFetched;
  }));
}

/**
 * A browser remembers a script that it could not fetch, and an upgraded controller has others: only the whole console helps. It is
 * loaded again once Vitrine answers, and not over and over.
 */
function NotFetched() {
  useEffect(() => {
    if (Date.now() - Number(sessionStorage.getItem(key) ?? 0) < betweenReloadsMs) return;
    call('GET /api/me').then(() => {
      sessionStorage.setItem(key, String(Date.now()));
      location.reload();
    }, () => undefined); // It stays as it is, with its button.
  }, []);
  return (
    <section class={`${css.box} ${css.failure}`} role="alert">
      <h2>This page of the console could not be fetched</h2>
      <p>Vitrine cannot be reached, or was upgraded while this console was open.</p>
      <Button onClick={() => location.reload()}>Load again</Button>
    </section>
  );
}
