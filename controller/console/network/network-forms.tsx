import { useState } from 'preact/hooks';
import type { RunNetwork } from '../api/answers.ts';
import { Button } from '../ui/button.tsx';
import { Question } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { readHost, withMode } from './network-change.ts';
import type { NetworkChange } from './network-change.ts';
import { modes } from './network-words.ts';
import type { NetworkMode } from './network-words.ts';
import css from './network.module.css';

/** One host more, by its name. */
export function HostForm({ isBusy, onAllow }: { readonly isBusy: boolean; readonly onAllow: (host: string, ports: readonly number[]) => Promise<void> }) {
  const [text, setText] = useState('');
  const read = readHost(text);
  const error = text.trim() !== '' && read === undefined ? 'A host, such as example.org, *.example.org or example.org:80,443' : null;
  const add = async () => {
    if (read === undefined) return;
    await onAllow(read.host, read.ports);
    setText('');
  };
  return (
    <div class={css.form}>
      <TextField label="Allow another host for this run" placeholder="example.org or *.example.org:80,443" error={error} autocomplete="off" value={text} onValue={setText} />
      <Button disabled={read === undefined} busy={isBusy} onClick={() => void add()}>Allow</Button>
    </div>
  );
}

/** Another way out for the run. What widens it to everything, or cuts it, is asked about first. */
export function ModeForm({ network, isBusy, onChange }: { readonly network: RunNetwork; readonly isBusy: boolean; readonly onChange: (body: NetworkChange, words: string) => Promise<void> }) {
  const [mode, setMode] = useState<NetworkMode | null>(null);
  const [isAsking, setAsking] = useState(false);
  const chosen = modes.find((one) => one.mode === (mode ?? network.policy.mode));
  const isChanged = mode !== null && mode !== network.policy.mode;
  const apply = async () => {
    setAsking(false);
    if (chosen === undefined) return;
    await onChange(withMode(network, chosen.mode), chosen.words);
    setMode(null);
  };
  return (
    <div class={css.form}>
      <SelectField label="Way out" hint={chosen?.meaning} value={chosen?.mode ?? 'none'} onValue={(value) => setMode(modes.find((one) => one.mode === value)?.mode ?? null)} options={modes.map((one) => ({ value: one.mode, words: one.words }))} />
      <Button disabled={!isChanged} busy={isBusy} onClick={() => setAsking(true)}>Change</Button>
      {isAsking && chosen !== undefined && (
        <Question title={`${chosen.words}?`} yes="Change it" danger={chosen.mode === 'open'} onNo={() => setAsking(false)} onYes={() => void apply()}>
          <p>{chosen.meaning} It holds for this run, at once: what is open and not covered any more is cut.{chosen.mode === 'none' ? ' Hosts that people added are forgotten.' : ''}</p>
        </Question>
      )}
    </div>
  );
}
