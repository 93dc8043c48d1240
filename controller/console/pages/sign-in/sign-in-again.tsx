import { me } from '../../state/me.ts';
import { signOut } from '../../state/sign-in.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SignInForm } from './sign-in-form.tsx';

/** Over the page that somebody was on when their session ended: what they had typed is still there afterwards. */
export function SignInAgain() {
  return (
    <Dialog title="Your session has ended" onClose={() => undefined} actions={<></>}>
      <p>It was revoked, or its time is over. What you see is from before. Sign in as {me.value?.name} to go on where you are.</p>
      <SignInForm beside={<Button onClick={() => void signOut()}>Leave</Button>} />
    </Dialog>
  );
}
