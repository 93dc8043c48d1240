import { lazy, Route, Router } from 'preact-iso';
import { consolePaths as path } from '../../api/console-paths.ts';
import { NoPage } from './no-page.tsx';

const Sessions = lazy(() => import('./sessions/sessions-page.tsx').then((page) => page.SessionsPage));
const Session = lazy(() => import('./session/session-page.tsx').then((page) => page.SessionPage));
const Run = lazy(() => import('./run/run-page.tsx').then((page) => page.RunPage));
const Replay = lazy(() => import('./replay/replay-page.tsx').then((page) => page.ReplayPage));
const Compare = lazy(() => import('./compare/compare-page.tsx').then((page) => page.ComparePage));
const Inbox = lazy(() => import('./inbox/inbox-page.tsx').then((page) => page.InboxPage));
const Start = lazy(() => import('./start/start-page.tsx').then((page) => page.StartPage));
const Tokens = lazy(() => import('./tokens/tokens-page.tsx').then((page) => page.TokensPage));
const Audit = lazy(() => import('./audit/audit-page.tsx').then((page) => page.AuditPage));
const Settings = lazy(() => import('./settings/settings-page.tsx').then((page) => page.SettingsPage));

/** The page at the current address; each is fetched when it is first opened. */
export function Pages({ onChange }: { readonly onChange: () => void }) {
  return (
    <Router onRouteChange={onChange}>
      <Route path={path.sessions} component={Sessions} />
      <Route path={path.desktop} component={Session} />
      <Route path={path.run} component={Run} />
      <Route path={path.replay} component={Replay} />
      <Route path={path.compare} component={Compare} />
      <Route path={path.inbox} component={Inbox} />
      <Route path={path.start} component={Start} />
      <Route path={path.tokens} component={Tokens} />
      <Route path={path.audit} component={Audit} />
      <Route path={path.settings} component={Settings} />
      <Route path={path.signIn} component={Sessions} />
      <Route default component={NoPage} />
    </Router>
  );
}
