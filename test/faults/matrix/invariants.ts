import { finalStates } from '../../../controller/runs/run.ts';
import { actionsOf, differences } from './compare-inputs.ts';
import type { Evidence } from './evidence.ts';

/** The invariants that rows assert, by name, in the words of the table. */
export const invariantWords = {
  I1: 'No action is performed twice: at most once begun in the shim\'s ledger, at most once seen by the witness.',
  I2: 'Nothing acknowledged is lost.',
  I3: 'Every intended action has an outcome, or is `unknown`; that is told to the model, with a fresh frame, and not repeated.',
  I4: 'The witness saw the inputs in the journal\'s order, and nothing else.',
  I5: 'Nothing that asked for a person is performed before the decision is written; it is decided once.',
  I6: 'What was spent stays within the budget.',
  I7: 'At most one controller drives a desktop; an older one is fenced.',
  I8: 'Control is held by the agent or by one person.',
  I9: 'No container without a desktop of the controller.',
  I10: 'Every unfinished run has a deadline.',
  I11: 'A run ends once.',
  I12: 'The model\'s key is in no log.',
  I13: 'No byte leaves a desktop.',
  I15: 'The controller stays below 512 MiB and answers.',
  I16: 'What the model is shown was captured after the action.',
} as const;
export type Invariant = keyof typeof invariantWords;

/** The key with which the matrix' models are asked. */
export const canaryKey = 'sk-canary-7f3a91c2d5';

type Check = (evidence: Evidence) => readonly string[];

/** What the evidence says against an invariant. Those that only a row itself can judge are not here: I2, I5, I6, I7, I8, I13. */
export const checks: Partial<Record<Invariant, Check>> = {
  I1: ({ runs, ledger, witnessed }) => {
    const intended = runs.flatMap(({ events }) => events.flatMap(({ fact }) => (fact.type === 'action.intended' ? [fact.actionId] : [])));
    const begun = (ledger ?? []).filter(({ event }) => event === 'begun').map(({ actionId }) => actionId);
    return [...twice(intended, 'intended'), ...twice(begun, 'begun in the ledger'), ...seenOtherwise({ runs, witnessed })];
  },
  I3: ({ runs }) => runs.flatMap(({ view, events, questions }) => {
    const facts = events.map(({ fact }) => fact);
    const ended = new Set(facts.flatMap((fact) => (fact.type === 'action.ended' ? [fact.actionId] : [])));
    const open = facts.flatMap((fact) => (fact.type === 'action.intended' && !ended.has(fact.actionId) ? [`${fact.actionId} has no outcome`] : []));
    const unknown = facts.flatMap((fact) => (fact.type === 'action.ended' && fact.outcome.status === 'unknown' ? [fact.actionId] : []));
    const isTold = unknown.length === 0 || view.state !== 'succeeded' || questions.some(({ text }) => text.includes('is not known'));
    return [...(finalStates.includes(view.state) ? open : []), ...(isTold ? [] : [`the model was not told that ${unknown.join(', ')} is unknown`])];
  }),
  I4: seenOtherwise,
  I9: ({ containers, desktops }) => containers.filter((id) => !desktops.includes(id)).map((id) => `a container of ${id}, which no desktop of the controller is`),
  I10: ({ unfinishedWithoutDeadline }) => unfinishedWithoutDeadline.map((run) => `run ${run} has no deadline`),
  I11: ({ runs }) => runs.flatMap(({ view, events }) => {
    const ends = events.filter(({ fact }) => fact.type === 'run.ended').length;
    const isLast = events.at(-1)?.fact.type === 'run.ended';
    return finalStates.includes(view.state) && (ends !== 1 || !isLast) ? [`run ${view.id} is ${view.state} and has ${ends} ends${isLast ? '' : ', and events after it'}`] : [];
  }),
  I12: ({ log }) => log.filter((line) => line.includes(canaryKey)).map((line) => `the log holds the key: ${line.slice(0, 200)}`),
  I15: ({ mostMemoryMb }) => (mostMemoryMb > 512 ? [`the controller had ${Math.round(mostMemoryMb)} MiB`] : []),
  I16: ({ runs }) => runs.flatMap(({ events }) => {
    let begun = 0;
    return events.flatMap(({ at, fact }) => {
      if (fact.type === 'action.intended') begun = at;
      return fact.type === 'frame.captured' && fact.frame.capturedAt < begun ? [`frame ${fact.frame.frameId} was captured before the action that it is to show`] : [];
    });
  }),
};

function twice(ids: readonly string[], how: string): string[] {
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map((id) => `${id} was ${how} more than once`);
}

function seenOtherwise({ runs, witnessed }: Pick<Evidence, 'runs' | 'witnessed'>): readonly string[] {
  if (witnessed === undefined) return [];
  const events = runs.filter(({ isWitnessed }) => isWitnessed).flatMap((run) => run.events).toSorted((one, other) => one.sequence - other.sequence);
  return differences(actionsOf(events), witnessed);
}
