import { useState } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import { signIn } from '../../state/sign-in.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import css from './sign-in-page.module.css';

/** Where a token is exchanged for a session of this browser. */
export function SignInPage() {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = () => {
    setBusy(true);
    signIn(token.trim()).catch((reason: unknown) => setProblem(ApiFailure.from(reason).message)).finally(() => setBusy(false));
  };
  return (
    <main class={css.page}>
      <form class={css.form} onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <h1>Vitrine</h1>
        <TextField label="Token" type="password" autocomplete="current-password" required value={token} onValue={setToken} error={problem} hint="The first one is in the file token of the data folder." />
        <Button kind="primary" submits busy={isBusy}>Sign in</Button>
      </form>
    </main>
  );
}
