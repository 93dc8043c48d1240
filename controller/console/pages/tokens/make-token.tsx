import { useState } from 'preact/hooks';
import { ApiFailure } from '../../api/api-failure.ts';
import { call } from '../../api/client.ts';
import { me } from '../../state/me.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { CheckField, SelectField, TextField } from '../../ui/field.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { moreFor, roleWords, scopeWords } from './scope-words.ts';
import type { Role, Scope } from './scope-words.ts';
import css from './tokens.module.css';

/** Makes a token, then shows it: this once. */
export function MakeToken({ onMade, onClose }: { readonly onMade: () => void; readonly onClose: () => void }) {
  const [made, setMade] = useState<{ readonly name: string; readonly token: string } | null>(null);
  if (made !== null) return <Shown {...made} onClose={onClose} />;
  return <Wanted onClose={onClose} onMade={(name, token) => { setMade({ name, token }); onMade(); }} />;
}

function Wanted({ onMade, onClose }: { readonly onMade: (name: string, token: string) => void; readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [project, setProject] = useState(me.value?.project ?? 'default');
  const [days, setDays] = useState('90');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    try {
      const { token } = await call('POST /api/tokens', { body: { name: name.trim(), role, scopes: scopes.filter((scope) => moreFor(role).includes(scope)), project: project.trim(), expiresInDays: Number(days) } });
      onMade(name.trim(), token);
    } catch (reason) {
      setProblem(ApiFailure.from(reason).message);
      setBusy(false);
    }
  };
  const toggle = (scope: Scope, isGiven: boolean) => setScopes((given) => (isGiven ? [...given, scope] : given.filter((one) => one !== scope)));
  return (
    <Dialog title="Make a token" onClose={onClose} actions={<><Button onClick={onClose}>Cancel</Button><Button kind="primary" busy={isBusy} disabled={name.trim() === '' || !(Number(days) > 0)} onClick={() => void make()}>Make the token</Button></>}>
      <TextField label="Name" value={name} onValue={setName} hint="Of the person or program that gets it: it stands in the audit and in every run." error={problem} maxLength={64} autocomplete="off" />
      <SelectField label="Role" value={role} onValue={(value) => setRole(value as Role)} hint={roleWords[role]} options={(Object.keys(roleWords) as Role[]).map((value) => ({ value, words: value }))} />
      {moreFor(role).length > 0 && (
        <fieldset class={css.scopes}>
          <legend>Rights besides those of the role</legend>
          {moreFor(role).map((scope) => <CheckField key={scope} value={scopes.includes(scope)} onValue={(isGiven) => toggle(scope, isGiven)} label={<><code>{scope}</code> <span class={css.more}>{scopeWords[scope]}</span></>} />)}
        </fieldset>
      )}
      <div class={css.pair}>
        <TextField label="Project" value={project} onValue={setProject} hint="It sees this project's things and no others." maxLength={64} autocomplete="off" />
        <TextField label="Ends after days" type="number" min={1} max={3650} value={days} onValue={setDays} />
      </div>
    </Dialog>
  );
}

function Shown({ name, token, onClose }: { readonly name: string; readonly token: string; readonly onClose: () => void }) {
  return (
    <Dialog title={`The token of ${name}`} onClose={onClose} actions={<Button onClick={onClose}>I have stored it</Button>}>
      <p>This is the only time it is shown: only its hash is kept.</p>
      <p class={css.token}><code>{token}</code></p>
      <p><CopyButton text={token}>Copy the token</CopyButton></p>
    </Dialog>
  );
}
