import { useState } from 'preact/hooks';
import type { Run } from '../../api/answers.ts';
import { refreshAll } from '../../state/live.ts';
import { tell } from '../../state/toasts.ts';
import { Question } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { doTogether } from './together.ts';
import type { Deed } from './together.ts';
import css from './sessions.module.css';

/** Asks before something is done to every run that is shown, and names how many and which they are. */
export function TogetherQuestion({ deed, runs, onClose }: { readonly deed: Deed; readonly runs: readonly Run[]; readonly onClose: () => void }) {
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const count = `${runs.length} run${runs.length === 1 ? '' : 's'}`;
  const go = async () => {
    setBusy(true);
    const { done, failures } = await doTogether(deed, runs, reason);
    refreshAll();
    const past = deed === 'pause' ? 'Paused' : 'Stopped';
    const [first] = failures;
    if (first === undefined) tell('done', `${past} ${count}.`);
    else tell('failed', `${past} ${done} of ${count}. ${failures.length} could not be: ${first.message}`);
    onClose();
  };
  return (
    <Question title={deed === 'pause' ? `Pause ${count}?` : `Stop ${count}?`} yes={deed === 'pause' ? `Pause ${count}` : `Stop ${count}`} danger={deed === 'stop'} busy={isBusy} onYes={() => void go()} onNo={onClose}>
      <p>{deed === 'pause' ? 'They begin nothing new until somebody resumes them. What is under way is finished first.' : 'They end as stopped, and cannot be taken up again. Their desktops are released.'} Everything that the filter shows is meant:</p>
      <ul class={css.meant}>{runs.slice(0, 8).map(({ id, task }) => <li key={id}>{task}</li>)}{runs.length > 8 && <li>and {runs.length - 8} more</li>}</ul>
      {deed === 'stop' && <TextField label="Reason, if there is one to tell" value={reason} onValue={setReason} maxLength={2000} />}
    </Question>
  );
}
