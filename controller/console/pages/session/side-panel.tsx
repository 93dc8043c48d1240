import type { Approval, Run } from '../../api/answers.ts';
import { ApprovalCard } from '../../decide/approval-card.tsx';
import { NetworkPanel } from '../../network/network-panel.tsx';
import { may } from '../../state/me.ts';
import { Tabs } from '../../ui/tabs.tsx';
import { ControlDeck } from './control-deck.tsx';
import type { ControlStore } from './control-store.ts';
import { EntryDetail } from './entry-detail.tsx';
import { FilesPanel } from './files-panel.tsx';
import { MessageBox } from './message-box.tsx';
import { RunFacts } from './run-facts.tsx';
import type { SessionStore } from './session-store.ts';
import { Statechart } from './statechart.tsx';
import { TimelineList } from './timeline-list.tsx';
import type { Entry } from './timeline-entry.ts';
import css from './session.module.css';

export type SideTab = 'decision' | 'timeline' | 'chart' | 'network' | 'files' | 'control';

type SidePanelProps = {
  readonly sideRef: { current: HTMLElement | null };
  readonly store: SessionStore;
  readonly run: Run | null;
  readonly holding: Run | null;
  readonly control: ControlStore | null;
  readonly desktopId: string | null;
  readonly isReady: boolean;
  /** A question of this run that waits for a person. */
  readonly asked: Approval | null;
  readonly tab: SideTab;
  readonly onTab: (tab: SideTab) => void;
  readonly chosen: Entry | null;
  readonly onChoose: (entry: Entry | null) => void;
  readonly onPoint: (entry: Entry | null) => void;
  readonly copied: string | null;
  /** How often files were put in from elsewhere on the page. */
  readonly filesPut: number;
};

/** What stands beside the picture: what happened, where the run is in its chart, the desktop's files, and what a person in control needs. */
export function SidePanel({ sideRef, store, run, holding, control, desktopId, isReady, asked, tab, onTab, chosen, onChoose, onPoint, copied, filesPut }: SidePanelProps) {
  const isHeld = control !== null && control.held.value !== null;
  const tabs = [
    ...(isHeld ? [{ name: 'control' as const, words: 'In control' }] : []),
    ...(asked === null ? [] : [{ name: 'decision' as const, words: <span class={css.askedTab}>Decide</span> }]),
    { name: 'timeline' as const, words: 'Timeline' },
    { name: 'chart' as const, words: 'State' },
    ...(run === null ? [] : [{ name: 'network' as const, words: 'Network' }]),
    ...(may('files:read') && desktopId !== null && isReady ? [{ name: 'files' as const, words: 'Files' }] : []),
  ];
  const shown = tabs.some(({ name }) => name === tab) ? tab : 'timeline';
  return (
    <aside ref={sideRef} class={css.side} aria-label="The run">
      <Tabs label="The run" tabs={tabs} chosen={shown} onChoose={onTab}>
        <div class={css.panel}>
          {shown === 'decision' && asked !== null && <ApprovalCard key={asked.id} approval={asked} isInPlace namesRun={false} />}
          {shown === 'timeline' && (
            <>
              <TimelineList timeline={store.timeline} revision={store.revision} isComplete={store.isComplete.value} selected={chosen?.key ?? null} onSelect={onChoose} onPoint={onPoint} />
              <EntryDetail entry={chosen} onClose={() => onChoose(null)} />
            </>
          )}
          {shown === 'chart' && (run === null ? <p class={css.hint}>No run is on this desktop.</p> : <><Statechart times={store.times} revision={store.revision} /><RunFacts run={run} /></>)}
          {shown === 'network' && run !== null && <NetworkPanel key={run.id} runId={run.id} isOver={run.endedAt !== null} />}
          {shown === 'files' && desktopId !== null && <FilesPanel key={filesPut} desktopId={desktopId} headers={() => control?.headers() ?? {}} />}
          {shown === 'control' && control !== null && desktopId !== null && <ControlDeck control={control} holding={holding} desktopId={desktopId} copied={copied} />}
        </div>
      </Tabs>
      {run !== null && run.driver === 'model' && run.endedAt === null && run.state !== 'finishing' && may('runs:control') && <MessageBox run={run} />}
    </aside>
  );
}
