import type { RunEvent, RunFact } from '../../../controller/runs/run-event.ts';
import { finalStates } from '../../../controller/runs/run.ts';
import { compareWitness, intendedActions } from './compare-witness.ts';
import type { StoredHistory } from './journal-reader.ts';
import type { Asked } from './steady-vendor.ts';

type Fact<Type extends RunFact['type']> = Extract<RunFact, { type: Type }>;

/** What a client was told and may rely on. */
export type Acknowledged =
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'decision'; readonly runId: string; readonly approvalId: string; readonly state: string }
  | { readonly kind: 'action'; readonly runId: string; readonly actionId: string; readonly status: string };

/** What is seen of a run besides its journal. */
export type Outside = {
  /** What a witness on its desktop saw, and how often its ledger has each action; absent where its desktop is gone. */
  readonly pressed?: readonly string[];
  readonly begun?: ReadonlyMap<string, number>;
  readonly acknowledged: readonly Acknowledged[];
  /** What the model was asked in this run. */
  readonly asked: readonly Asked[];
};

/** Facts of one type. */
export function factsOf<Type extends RunFact['type']>(events: readonly RunEvent[], type: Type): Fact<Type>[] {
  return events.flatMap(({ fact }) => (fact.type === type ? [fact as Fact<Type>] : []));
}

/** What must hold of a journal at any moment, a moment after a crash included; names what does not. */
export function brokenAtAnyMoment({ view, events, deadlines, approvals, frameFiles, outbox }: StoredHistory): string[] {
  const decided = new Map<string, number>();
  const broken: string[] = [];
  const intended = new Set<string>();
  for (const { sequence, fact } of events) {
    if (fact.type === 'approval.ended') {
      if (decided.has(fact.approval.id)) broken.push(`I5: approval ${fact.approval.id} ended twice`);
      decided.set(fact.approval.id, fact.approval.state === 'approved' ? sequence : Number.POSITIVE_INFINITY);
    }
    if (fact.type !== 'action.intended' && fact.type !== 'tool.intended') continue;
    if (intended.has(fact.actionId)) broken.push(`I1: ${fact.actionId} is decided twice`);
    intended.add(fact.actionId);
    const asked = approvals.find(({ calls }) => calls.some(({ callId }) => callId === fact.callId));
    if (asked !== undefined && !((decided.get(asked.id) ?? Number.POSITIVE_INFINITY) < sequence)) broken.push(`I5: ${fact.actionId} was decided before ${asked.id} was approved`);
  }
  const epochs = factsOf(events, 'action.intended').map(({ epoch }) => epoch);
  if (epochs.some((epoch, index) => epoch < (epochs[index - 1] ?? 0))) broken.push(`I7: control epochs go back: ${epochs.join(', ')}`);
  for (const { frame } of factsOf(events, 'frame.captured')) if (!frameFiles.includes(frame.frameId)) broken.push(`I2: frame ${frame.frameId} is named and not kept`);
  const isOver = finalStates.includes(view.state);
  if (!isOver && deadlines.length === 0) broken.push(`I10: the run is ${view.state} and has no deadline`);
  if (isOver && (deadlines.length > 0 || outbox.length > 0)) broken.push(`I11: the run is over and wants ${[...deadlines, ...outbox].join(', ')}`);
  const ends = events.findIndex(({ fact }) => fact.type === 'run.ended');
  if (ends !== -1 && ends !== events.length - 1) broken.push(`I11: something happened after the end: ${events.slice(ends + 1).map(({ fact }) => fact.type).join(', ')}`);
  return broken;
}

/** What must hold of a run that is over, as its journal, its desktop, its model and its client have it; names what does not. */
export function brokenAtTheEnd(history: StoredHistory, outside: Outside): string[] {
  const { view, events, approvals, artefacts, artefactFiles } = history;
  const broken = brokenAtAnyMoment(history);
  const { lost, twice } = outside.pressed === undefined ? { lost: [], twice: [] } : compareWitness(intendedActions(events), outside.pressed);
  broken.push(...twice.map((what) => `I1: ${what}`), ...lost.map((what) => `I4: ${what}`));
  for (const [actionId, count] of outside.begun ?? []) if (count > 1) broken.push(`I1: the ledger has ${count} beginnings of ${actionId}`);
  for (const kind of ['action', 'tool'] as const) {
    const ended = factsOf(events, `${kind}.ended`).map(({ actionId }) => actionId);
    for (const { actionId } of factsOf(events, `${kind}.intended`)) {
      const count = ended.filter((id) => id === actionId).length;
      if (count !== 1) broken.push(`I3: ${actionId} has ${count} outcomes`);
    }
  }
  broken.push(...brokenUnknowns(history, outside.asked));
  for (const ack of outside.acknowledged) if (ack.runId === view.id && !isKept(ack, history)) broken.push(`I2: lost although acknowledged: ${JSON.stringify(ack)}`);
  if (factsOf(events, 'run.ended').length !== 1) broken.push(`I11: ${factsOf(events, 'run.ended').length} ends`);
  if (approvals.some(({ state }) => state === 'pending')) broken.push('I11: an approval waits for ever');
  const starts = factsOf(events, 'desktop.ready').length;
  const releases = factsOf(events, 'desktop.ended').length;
  const isItsOwn = factsOf(events, 'run.created').some(({ request }) => request.desktopId === undefined && request.keepForMs === 0);
  if (releases !== (isItsOwn ? starts : 0)) broken.push(`I3: ${starts} desktops became ready, of ${releases} the end is recorded`);
  const named = view.artefacts.map(({ id }) => id);
  if (JSON.stringify(artefacts.map(({ id }) => id)) !== JSON.stringify(named)) broken.push(`I2: the run names ${named.length} artefacts, the journal has ${artefacts.length}`);
  // A file without a name was being written at a kill: garbage, which a sweep removes (test/journal/upkeep.test.ts).
  if (!named.every((id) => artefactFiles.includes(id)) || new Set(named).size !== named.length) broken.push(`I2: the run names ${named.length} artefacts, its folder has ${artefactFiles.join(', ')}`);
  return broken;
}

/** What cannot be known is told to the model, with a picture of the screen as it is. */
function brokenUnknowns({ events }: StoredHistory, asked: readonly Asked[]): string[] {
  const unknown = [
    ...factsOf(events, 'action.ended').filter(({ outcome }) => outcome.status === 'unknown'),
    ...factsOf(events, 'tool.ended').filter(({ output }) => output.startsWith('Whether this was done is not known')),
  ];
  return unknown.flatMap(({ actionId, callId }) => {
    const told = asked.find(({ text }) => text.includes(`"call_id":"${callId}","output"`) && /not known/.test(text));
    return told !== undefined && told.text.includes('PICTURE') ? [] : [`I3: the model was not told that ${actionId} is unknown`];
  });
}

function isKept(ack: Acknowledged, { view, approvals, events }: StoredHistory): boolean {
  switch (ack.kind) {
    case 'run':
      return view.id === ack.runId;
    case 'decision':
      return approvals.some(({ id, state }) => id === ack.approvalId && state === ack.state);
    case 'action':
      return factsOf(events, 'action.ended').some(({ actionId, outcome }) => actionId === ack.actionId && outcome.status === ack.status);
  }
}
