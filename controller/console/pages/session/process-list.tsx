import { Button } from '../../ui/button.tsx';
import type { ControlStore, LeftProcess } from './control-store.ts';
import { useTask } from './use-task.ts';
import css from './session.module.css';

/** What the agent left running on the desktop, each of which can be ended; and what that means for whoever types there. */
export function ProcessList({ control }: { readonly control: ControlStore }) {
  const listing = useTask();
  const processes = control.processes.value;
  const problem = control.problem.value;
  return (
    <section class={css.card} aria-label="Programs that the agent left running">
      <header class={css.row}>
        <h3>Left running by the agent</h3>
        <span class={css.grow} />
        <Button kind="quiet" size="small" busy={listing.busy} onClick={() => void listing.run(() => control.listProcesses())}>Look again</Button>
      </header>
      <p class={css.warning}>What you type is kept from the model, the journal and the recordings, but not from a program left on this desktop: it can read screen and keys. End what you do not know, and use a fresh desktop for a secret that matters.</p>
      {problem !== null && <p class={css.warning} role="alert">{problem}</p>}
      {processes.length === 0 && problem === null && <p class={css.hint}>Nothing is left besides the desktop's own programs.</p>}
      <ul class={css.processes}>{processes.map((left) => <ProcessRow key={left.pid} left={left} control={control} />)}</ul>
    </section>
  );
}

function ProcessRow({ left, control }: { readonly left: LeftProcess; readonly control: ControlStore }) {
  const ending = useTask();
  const { pid, command, startedByHands } = left;
  return (
    <li data-pid={pid}>
      <span class={css.pid}>{pid}</span>
      <code class={css.command} title={command}>{command}</code>
      {startedByHands && <span class={css.hint}>by Vitrine</span>}
      <Button kind="danger" size="small" busy={ending.busy} aria-label={`End process ${pid}`} onClick={() => void ending.run(() => control.endProcess(left), `Process ${pid} has ended.`)}>End</Button>
    </li>
  );
}
