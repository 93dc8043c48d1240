import { ErrorBoundary, useLocation } from 'preact-iso';
import { useEffect, useErrorBoundary, useRef } from 'preact/hooks';
import { ApprovalsDock } from '../decide/approvals-dock.tsx';
import { Pages } from '../pages/routes.tsx';
import { ApiFailure } from '../api/api-failure.ts';
import { Failure } from '../ui/states.tsx';
import { ConnectionBar } from './connection-bar.tsx';
import { Header } from './header.tsx';
import css from './frame.module.css';

/** What stands around every page: header, the state of the connection, and the questions that wait for a person. */
export function Frame() {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(location.pathname);
  const onChange = () => {
    if (shown.current === location.pathname) return;
    shown.current = location.pathname;
    main.current?.focus({ preventScroll: true });
  };
  return (
    <>
      <a class={css.skip} href="#main">To the page</a>
      <Header />
      <ConnectionBar />
      <main id="main" ref={main} class={css.main} tabIndex={-1}>
        <Guarded><Pages onChange={onChange} /></Guarded>
      </main>
      <Guarded><ApprovalsDock /></Guarded>
    </>
  );
}

/** A page that fails takes nothing else with it, nor the next one. */
function Guarded({ children }: { readonly children: preact.ComponentChildren }) {
  const [error, reset] = useErrorBoundary((reason: unknown) => console.error(reason));
  const { url } = useLocation();
  const tried = useRef(url);
  useEffect(() => {
    if (tried.current !== url) reset();
    tried.current = url;
  }, [url]);
  if (error) return <Failure what="This part of the console failed" failure={ApiFailure.from(error)} onRetry={reset} />;
  return <ErrorBoundary>{children}</ErrorBoundary>;
}
