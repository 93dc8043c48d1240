import type { Run } from '../../api/answers.ts';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { ClipboardPanel } from './clipboard-panel.tsx';
import type { ControlStore } from './control-store.ts';
import { ProcessList } from './process-list.tsx';
import { useTask } from './use-task.ts';
import css from './session.module.css';

type ControlDeckProps = { readonly control: ControlStore; readonly holding: Run | null; readonly desktopId: string; readonly copied: string | null };

/** What a person in control needs beside the picture: who asks for it, giving back, the clipboard, what the agent left running. */
export function ControlDeck({ control, holding, desktopId, copied }: ControlDeckProps) {
  const task = useTask();
  const hasAgent = holding?.driver === 'model' && holding.endedAt === null;
  return (
    <div class={css.deck}>
      {holding?.lease?.requests.map(({ by, at, reason }) => (
        <p key={`${by} ${at}`} class={css.asks} role="alert"><b>{by} asks for control</b>{reason !== null && `: ${reason}`}. Give it back when you are done.</p>
      ))}
      <ProcessList control={control} />
      <ClipboardPanel desktopId={desktopId} control={control} copied={copied} />
      <section class={css.card} aria-label="Give back">
        <TextArea label={hasAgent ? 'A note to the model' : 'A note'} rows={2} value={control.note.value} onValue={(text) => { control.note.value = text; }} placeholder="I signed you in; the report is on the second tab." hint={hasAgent ? 'The model is told that you were in control, for how long and what you did, without what you typed; and this note.' : 'Nobody is told: the run is over. The desktop goes when you give it back.'} />
        <div class={css.row}>
          <Button kind="primary" busy={task.busy} onClick={() => void task.run(() => control.giveBack(), hasAgent ? 'Control is with the agent again.' : 'You have given the desktop back.')}>Give back{hasAgent ? ' to the agent' : ''}</Button>
          <Button kind="quiet" onClick={() => void task.run(() => control.renew())}>Stay longer</Button>
        </div>
      </section>
      <p class={css.hint}>Keys and mouse go to the desktop while the picture has the focus; Ctrl Alt Q leaves it. Control lasts while this page is used; when it ends by itself, the run is paused.</p>
    </div>
  );
}
