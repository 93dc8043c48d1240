import { ImageFacts } from '../../image/image-facts.tsx';
import { me } from '../../state/me.ts';
import { notifies, theme } from '../../state/settings.ts';
import type { Theme } from '../../state/settings.ts';
import { may } from '../../state/me.ts';
import { CheckField, SelectField } from '../../ui/field.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { Installation } from './installation.tsx';
import { ModelsList } from './models-list.tsx';
import css from './settings.module.css';

/** This browser, who is signed in, and what the installation stands on. */
export function SettingsPage() {
  const who = me.value;
  return (
    <Page title="Settings and installation" narrow>
      <Section title="This browser">
        <SelectField label="Colours" value={theme.value} onValue={(value) => { theme.value = value as Theme; }} options={[{ value: 'system', words: 'as the system' }, { value: 'dark', words: 'dark' }, { value: 'light', words: 'light' }]} />
        <CheckField label="Show a notification when something waits for a person" value={notifies.value} onValue={(wanted) => void allowNotifications(wanted)} />
      </Section>
      {who !== null && who !== undefined && (
        <Section title="Signed in">
          <dl class={css.facts}>
            <div><dt>Token</dt><dd>{who.name}</dd></div>
            <div><dt>Project</dt><dd>{who.project}</dd></div>
            <div><dt>Rights</dt><dd class={css.rights}>{who.scopes.map((scope) => <code key={scope}>{scope}</code>)}</dd></div>
          </dl>
          {may('approvals:decide') && !who.mayDecideOwn && <p class={css.quiet}>It decides approvals, but not those of runs that it started itself.</p>}
        </Section>
      )}
      <Section title="Models"><ModelsList /></Section>
      {may('desktops:read') && <Section title="The desktop's image"><ImageFacts /></Section>}
      <Section title="Installation"><Installation /></Section>
    </Page>
  );
}

/** The browser asks the person; only their yes switches it on. */
async function allowNotifications(wanted: boolean): Promise<void> {
  notifies.value = wanted && 'Notification' in globalThis && (Notification.permission === 'granted' || (await Notification.requestPermission()) === 'granted');
}
