import { useState } from 'preact/hooks';
import { pathTo } from '../../../api/console-paths.ts';
import type { InboxItem } from '../../api/answers.ts';
import { call } from '../../api/client.ts';
import { useRest } from '../../decide/use-rest.ts';
import { may } from '../../state/me.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Question } from '../../ui/dialog.tsx';
import { useDeed } from '../../ui/use-deed.ts';

/** What can be done about a run that stands still, or about somebody who asks for control. Nothing goes on by a click meant for the row that stood here before. */
export function PausedActions({ item: { kind, runId, desktopId, task }, place }: { readonly item: InboxItem; readonly place: string }) {
  const [isStopping, setStopping] = useState(false);
  const { isBusy: busy, act } = useDeed(() => setStopping(false));
  const isResting = useRest(place);
  const params = { id: runId };
  const session = desktopId === null ? pathTo('run', runId) : pathTo('desktop', desktopId);
  if (kind === 'control_requested') return <ButtonLink size="small" href={session}>Go to the session</ButtonLink>;
  return (
    <>
      {may('control:take') && <ButtonLink kind="quiet" size="small" href={session}>Take control there</ButtonLink>}
      {may('runs:control') && <Button kind="quiet" size="small" busy={busy} onClick={() => setStopping(true)}>Stop</Button>}
      {may('runs:control') && <Button size="small" busy={busy} resting={isResting} onClick={() => void act('It goes on.', () => call('POST /api/runs/{id}/resume', { params }))}>Resume</Button>}
      {isStopping && <Question title="Stop this run?" yes="Stop it" danger busy={busy} onNo={() => setStopping(false)} onYes={() => void act('Stopped.', () => call('POST /api/runs/{id}/cancel', { params, body: { reason: 'stopped from the inbox' } }))}><p>“{task}” ends and cannot be taken up again.</p></Question>}
    </>
  );
}
