import { useState } from 'preact/hooks';
import type { Run } from '../../api/answers.ts';
import { call } from '../../api/client.ts';
import { takeRun } from '../../state/live.ts';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { KeyHint } from '../../ui/key-hint.tsx';
import { useTask } from './use-task.ts';
import css from './session.module.css';

/** Something to say to the model, with its next turn. */
export function MessageBox({ run }: { readonly run: Run }) {
  const [text, setText] = useState('');
  const task = useTask();
  const send = async () => {
    const said = text.trim();
    if (said === '') return;
    if (await task.run(async () => takeRun(await call('POST /api/runs/{id}/messages', { params: { id: run.id }, body: { text: said } })))) setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
    }
  };
  return (
    <div class={css.message}>
      <TextArea label="Message to the model" hidesLabel rows={2} value={text} onValue={setText} onKeyDown={onKeyDown} aria-keyshortcuts="Control+Enter" placeholder={run.state === 'awaitingOperator' ? 'It repeats itself: tell it how to go on' : 'Tell the model something; it reads it with its next turn'} />
      <Button busy={task.busy} disabled={text.trim() === ''} onClick={() => void send()}>Send <KeyHint keys="Ctrl ⏎" /></Button>
    </div>
  );
}
