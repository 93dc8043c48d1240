import { LocationProvider } from 'preact-iso';
import { Frame } from './frame/frame.tsx';
import { askWhoIAm, hasEnded, me, meFailure } from './state/me.ts';
import { SignInAgain } from './pages/sign-in/sign-in-again.tsx';
import { SignInPage } from './pages/sign-in/sign-in-page.tsx';
import { Failure, Skeleton } from './ui/states.tsx';
import { Toasts } from './ui/toasts.tsx';

/** What the console answers for; all else, such as downloads from the API, is the browser's. */
const ownPaths = /^\/(?!api\/|v1\/|openapi\.json)/;

/** The console: who is signed in sees its pages, everybody else the sign-in, at whatever address they came to. */
export function App() {
  return (
    <LocationProvider scope={ownPaths}>
      <Signed />
      <Toasts />
    </LocationProvider>
  );
}

function Signed() {
  if (me.value) return <><Frame />{hasEnded.value && <SignInAgain />}</>;
  if (me.value === null) return <SignInPage />;
  if (meFailure.value !== null) return <main><Failure what="Vitrine could not be asked who is signed in" failure={meFailure.value} onRetry={() => void askWhoIAm()} /></main>;
  return <main aria-busy="true"><Skeleton height="3.25rem" label="Loading the console" /></main>;
}
