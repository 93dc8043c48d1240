import { useState } from 'preact/hooks';
import type { Run } from '../../api/answers.ts';
import { call } from '../../api/client.ts';
import { refreshAll, takeRun } from '../../state/live.ts';
import { may, me } from '../../state/me.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, Question } from '../../ui/dialog.tsx';
import { TextArea } from '../../ui/field.tsx';
import type { ControlStore } from './control-store.ts';
import { useTask } from './use-task.ts';
import type { Hand } from './who-controls.ts';
import css from './session.module.css';

type SteeringProps = {
  readonly run: Run | null;
  readonly hand: Hand;
  readonly desktopId: string | null;
  /** Whether the desktop is there and ready. */
  readonly isReady: boolean;
  readonly control: ControlStore | null;
  readonly onTaken: () => void;
};

/** The buttons of a session: who has control, and how the run goes on. What is not allowed is not there. */
export function Steering({ run, hand, desktopId, isReady, control, onTaken }: SteeringProps) {
  const task = useTask();
  const isOver = run === null || run.endedAt !== null;
  const canSteer = run !== null && !isOver && run.state !== 'finishing' && may('runs:control');
  return (
    <div class={css.steering} role="group" aria-label="Steering">
      {control !== null && isReady && may('control:take') && <TakeOver hand={hand} control={control} onTaken={onTaken} />}
      <span class={css.grow} />
      {canSteer && hand.kind === 'paused' && <Button kind="primary" busy={task.busy} onClick={() => void task.run(async () => takeRun(await call('POST /api/runs/{id}/resume', { params: { id: run.id } })))}>Resume</Button>}
      {canSteer && (hand.kind === 'agent' || hand.kind === 'asks') && <Button busy={task.busy} onClick={() => void task.run(async () => takeRun(await call('POST /api/runs/{id}/pause', { params: { id: run.id } })))}>Pause</Button>}
      {canSteer && <StopRun run={run} />}
      {isOver && desktopId !== null && isReady && hand.kind !== 'you' && hand.kind !== 'other' && may('desktops:release') && <ReleaseDesktop desktopId={desktopId} />}
    </div>
  );
}

function TakeOver({ hand, control, onTaken }: { readonly hand: Hand; readonly control: ControlStore; readonly onTaken: () => void }) {
  const [asks, setAsks] = useState<'request' | 'seize' | null>(null);
  const [reason, setReason] = useState('');
  const task = useTask();
  const take = async () => {
    if (await task.run(() => control.take(''))) onTaken();
  };
  const close = () => {
    setAsks(null);
    setReason('');
  };
  if (hand.kind === 'you') return <Button kind="primary" busy={task.busy} onClick={() => void task.run(() => control.giveBack(), 'You have given control back.')}>Give back</Button>;
  if (hand.kind !== 'other') return <Button kind="primary" busy={task.busy} onClick={() => void take()}>Take over</Button>;
  if (hand.holder === me.value?.name) return <Button kind="primary" busy={task.busy} onClick={() => void take()}>Go on here</Button>;
  const send = async () => {
    const isDone = asks === 'seize' ? await task.run(() => control.seize(reason)) : await task.run(() => control.request(reason), 'You have asked for control.');
    if (!isDone) return;
    if (asks === 'seize') onTaken();
    close();
  };
  return (
    <>
      <Button kind="primary" onClick={() => setAsks('request')}>Ask for control</Button>
      {may('control:seize') && <Button kind="danger" onClick={() => setAsks('seize')}>Take it anyway</Button>}
      {asks !== null && (
        <Dialog
          title={asks === 'seize' ? 'Take control from a person?' : 'Ask for control'} onClose={close}
          actions={<><Button onClick={close}>No, go back</Button><Button kind={asks === 'seize' ? 'danger' : 'primary'} busy={task.busy} onClick={() => void send()}>{asks === 'seize' ? 'Take it' : 'Ask'}</Button></>}
        >
          <p>{hand.words}. {asks === 'seize' ? 'They lose it at once, in the middle of whatever they do, and are told that you took it.' : 'They are told that you ask, and give it back when they are done.'}</p>
          <TextArea label="Reason" rows={2} value={reason} onValue={setReason} />
        </Dialog>
      )}
    </>
  );
}

function StopRun({ run }: { readonly run: Run }) {
  const [isAsked, setIsAsked] = useState(false);
  const [reason, setReason] = useState('');
  const task = useTask();
  const stop = async () => {
    const text = reason.trim();
    if (await task.run(async () => takeRun(await call('POST /api/runs/{id}/cancel', { params: { id: run.id }, body: text === '' ? {} : { reason: text } })), 'The run was stopped.')) setIsAsked(false);
  };
  return (
    <>
      <Button kind="danger" onClick={() => setIsAsked(true)}>Stop</Button>
      {isAsked && (
        <Question title="Stop this run?" yes="Stop the run" danger busy={task.busy} onYes={() => void stop()} onNo={() => setIsAsked(false)}>
          <p>What is under way ends at its next safe point, and the run does not go on after that. {run.control === 'operator' ? 'The desktop stays with whoever is in control until they give it back.' : 'What lies in Outbox is kept; the desktop goes.'}</p>
          <TextArea label="Reason" rows={2} value={reason} onValue={setReason} hint="It stands in the run's history." />
        </Question>
      )}
    </>
  );
}

function ReleaseDesktop({ desktopId }: { readonly desktopId: string }) {
  const [isAsked, setIsAsked] = useState(false);
  const task = useTask();
  const release = async () => {
    const isDone = await task.run(() => call('DELETE /api/desktops/{id}', { params: { id: desktopId } }), 'The desktop was released.');
    refreshAll();
    if (isDone) setIsAsked(false);
  };
  return (
    <>
      <Button kind="danger" onClick={() => setIsAsked(true)}>Release desktop</Button>
      {isAsked && <Question title="Release this desktop?" yes="Release it" danger busy={task.busy} onYes={() => void release()} onNo={() => setIsAsked(false)}><p>Its container is removed with everything in it. Files that are wanted are to be taken out before.</p></Question>}
    </>
  );
}
