import { useEffect, useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { tell } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { clipboardProblem } from './clipboard-text.ts';
import type { ControlStore } from './control-store.ts';
import { useTask } from './use-task.ts';
import css from './session.module.css';

/** The clipboard between this browser and the desktop, both ways, by way of a box that one can see and edit. */
export function ClipboardPanel({ desktopId, control, copied }: { readonly desktopId: string; readonly control: ControlStore; readonly copied: string | null }) {
  const [text, setText] = useState('');
  const task = useTask();
  const params = { id: desktopId };
  const problem = clipboardProblem(text);
  useEffect(() => {
    if (copied !== null) setText(copied);
  }, [copied]);

  const paste = async () => {
    const read = await navigator.clipboard.readText().catch(() => null);
    if (read === null) return tell('failed', 'This browser does not let the page read its clipboard: paste into the box instead.');
    setText(read);
    await put(read);
  };
  const put = async (what: string) => {
    const why = clipboardProblem(what);
    if (why !== null) return tell('failed', why);
    await call('PUT /api/desktops/{id}/clipboard', { params, body: { text: what } }, { headers: control.headers() });
    tell('done', 'It is on the desktop\'s clipboard: paste it there.');
  };
  const copy = async () => {
    const answer = await call('GET /api/desktops/{id}/clipboard', { params }, { headers: control.headers() });
    setText(answer.text);
    const isCopied = await navigator.clipboard.writeText(answer.text).then(() => true, () => false);
    tell('done', isCopied ? 'The desktop\'s clipboard is on yours.' : 'The desktop\'s clipboard is in the box: this browser does not let the page write its own.');
  };
  const type = async () => {
    const answer = await call('POST /api/desktops/{id}/actions', { params, body: { actions: [{ type: 'type', text }], capture: null } }, { headers: control.headers() });
    const error = answer.outcomes.find(({ status }) => status !== 'performed')?.error;
    if (error !== undefined) return tell('failed', error.message);
    tell('done', 'It was typed. What you typed is not kept.');
  };
  return (
    <section class={css.card} aria-label="Clipboard">
      <h3>Clipboard</h3>
      <TextArea label="Text between this browser and the desktop" hidesLabel rows={2} value={text} onValue={setText} error={problem} placeholder="Text for the desktop, or from it" />
      <div class={css.row}>
        <Button size="small" busy={task.busy} onClick={() => void task.run(paste)}>Paste mine over</Button>
        <Button size="small" disabled={text === '' || problem !== null} onClick={() => void task.run(() => put(text))}>Put on the desktop's</Button>
        <Button size="small" disabled={text === ''} onClick={() => void task.run(type)}>Type it there</Button>
        <Button size="small" onClick={() => void task.run(copy)}>Copy from the desktop</Button>
      </div>
    </section>
  );
}
