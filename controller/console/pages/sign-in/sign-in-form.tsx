import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import { signIn } from '../../state/sign-in.ts';
import { Button } from '../../ui/button.tsx';
import { CheckField, TextField } from '../../ui/field.tsx';
import css from './sign-in-page.module.css';

/** A token, exchanged for a session of this browser. `beside` stands beside the button. */
export function SignInForm({ beside }: { readonly beside?: ComponentChildren }) {
  const [token, setToken] = useState('');
  const [isShown, setShown] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await signIn(token.trim());
    } catch (reason) {
      setProblem(problemOf(ApiFailure.from(reason)));
      setBusy(false);
    }
  };
  return (
    <form class={css.fields} onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <TextField label="Token" type={isShown ? 'text' : 'password'} autocomplete="current-password" required value={token} onValue={setToken} error={problem} hint={<>It begins with <code>vit_</code>, or it is the first one: the file <code>token</code> of the data folder holds that.</>} />
      <CheckField label="Show it" value={isShown} onValue={setShown} />
      <div class={css.end}>{beside}<Button kind="primary" submits busy={isBusy} disabled={token.trim() === ''}>Sign in</Button></div>
    </form>
  );
}

/** Why nobody was signed in, in words for whoever typed. */
function problemOf({ code, message, details }: ApiFailure): string {
  if (code === 'unauthorized') return 'Vitrine does not know this token, or it was revoked, or its time is over.';
  const after = Number(details['retryAfterSeconds']);
  if (code === 'too_many_requests') return `Too many tries failed${Number.isFinite(after) ? `: wait ${after} s` : ': wait a while'}.`;
  return message;
}
