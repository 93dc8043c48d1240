import { Route, Router } from 'preact-iso';
import { consolePaths as path } from '../../api/console-paths.ts';
import { fetched } from './fetched.tsx';
import { NoPage } from './no-page.tsx';

const Sessions = fetched(() => import('./sessions/sessions-page.tsx').then((page) => page.SessionsPage));
const Session = fetched(() => import('./session/session-page.tsx').then((page) => page.SessionPage));
const Run = fetched(() => import('./run/run-page.tsx').then((page) => page.RunPage));
const Replay = fetched(() => import('./replay/replay-page.tsx').then((page) => page.ReplayPage));
const Compare = fetched(() => import('./compare/compare-page.tsx').then((page) => page.ComparePage));
const Inbox = fetched(() => import('./inbox/inbox-page.tsx').then((page) => page.InboxPage));
const Start = fetched(() => import('./start/start-page.tsx').then((page) => page.StartPage));
const Tokens = fetched(() => import('./tokens/tokens-page.tsx').then((page) => page.TokensPage));
const Audit = fetched(() => import('./audit/audit-page.tsx').then((page) => page.AuditPage));
const Settings = fetched(() => import('./settings/settings-page.tsx').then((page) => page.SettingsPage));

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
