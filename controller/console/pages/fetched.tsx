import type { FunctionComponent } from 'preact';
import { lazy } from 'preact-iso';
import { Button } from '../ui/button.tsx';
import css from '../ui/states.module.css';

/** A page that is fetched when it is first opened. Where that fails, its place says so instead of staying empty. */
export function fetched(load: () => Promise<FunctionComponent>): FunctionComponent {
  return lazy(() => load().catch((reason: unknown) => {
    console.error(reason);
    return NotFetched;
  }));
}

/** A browser remembers a script that it could not fetch, and an upgraded controller has others: only the whole console helps. */
function NotFetched() {
  return (
    <section class={`${css.box} ${css.failure}`} role="alert">
      <h2>This page of the console could not be fetched</h2>
      <p>Vitrine cannot be reached, or was upgraded while this console was open.</p>
      <Button onClick={() => location.reload()}>Load again</Button>
    </section>
  );
}
