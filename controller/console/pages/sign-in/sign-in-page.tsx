import { SignInForm } from './sign-in-form.tsx';
import css from './sign-in-page.module.css';

/** Where nobody is signed in: the address that was asked for is shown as soon as somebody is. */
export function SignInPage() {
  return (
    <main class={css.page}>
      <section class={css.box}>
        <h1 class={css.brand}><img src="/icon.svg" width="28" height="28" alt="" /> Vitrine</h1>
        <p class={css.quiet}>A glass case for computer-use agents.</p>
        <SignInForm />
      </section>
    </main>
  );
}
