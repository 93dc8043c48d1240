import css from './settings.module.css';

/** Things that were looked at: each by name, whether it is as it should be, and what there is to say of it. */
export function Findings({ findings }: { readonly findings: readonly { readonly name: string; readonly ok: boolean; readonly says: string }[] }) {
  return (
    <ul class={css.findings}>
      {findings.map(({ name, ok, says }) => (
        <li key={name} class={ok ? css.fine : css.bad}>
          <span class={css.mark} aria-hidden="true">{ok ? '✓' : '!'}</span>
          <strong>{name}</strong>
          <span class={css.says}>{!ok && <span class="unseen">Not as it should be: </span>}{says}</span>
        </li>
      ))}
    </ul>
  );
}
