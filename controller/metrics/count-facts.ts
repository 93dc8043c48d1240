import type { RunFact, StepTimings } from '../runs/run-event.ts';
import type { Run } from '../runs/run.ts';
import type { Meters } from './meters.ts';

/** What of a run its facts are counted by. */
export type CountedRun = Pick<Run, 'model' | 'createdAt' | 'activeMs' | 'usage'>;

/** Counts one fact of a run. `modelOf` turns a model's name into one that may be a label. */
export function countFact(meters: Meters, fact: RunFact, run: CountedRun, at: number, modelOf: (name: string | null) => string): void {
  switch (fact.type) {
    case 'run.created':
      meters.runsCreated.inc({ driver: fact.driver });
      return;
    case 'state.changed':
      if (fact.from === 'queued' && fact.to === 'preparing') meters.queueWaitSeconds.observe(seconds(at - run.createdAt));
      return;
    case 'run.ended':
      meters.runsEnded.inc({ state: fact.state, failure: fact.failure?.code ?? '' });
      meters.runActiveSeconds.observe({ state: fact.state }, seconds(run.activeMs));
      return;
    case 'desktop.stage':
      meters.desktopStageSeconds.observe({ stage: fact.time.stage }, seconds(fact.time.ms));
      return;
    case 'desktop.ready':
      meters.desktopLaunchSeconds.observe(seconds(fact.launchMs));
      return;
    case 'desktop.ended':
      meters.desktopsEnded.inc({ kind: fact.kind });
      return;
    case 'action.ended':
      meters.actions.inc({ type: fact.action.type, outcome: fact.outcome.status });
      countTimings(meters, fact.action.type, fact.timings);
      return;
    case 'tool.ended':
      meters.toolCalls.inc({ tool: fact.tool.type, outcome: fact.isError ? 'failed' : 'performed' });
      meters.toolSeconds.observe({ tool: fact.tool.type }, seconds(fact.ms));
      return;
    case 'model.answered':
    case 'model.failed':
    case 'model.lost':
      countTurn(meters, fact, modelOf(run.model));
      return;
    case 'approval.opened':
      meters.approvalsOpened.inc({ kind: fact.approval.kind });
      return;
    case 'approval.ended': {
      const { kind, state, openedAt, decidedAt } = fact.approval;
      meters.approvalsEnded.inc({ kind, decision: state });
      meters.approvalWaitSeconds.observe({ kind }, seconds((decidedAt ?? at) - openedAt));
      return;
    }
    case 'policy.judged':
      for (const verdict of new Set(fact.matches.map((match) => match.verdict))) meters.ruleMatches.inc({ verdict });
      return;
    case 'control.changed':
      meters.controlChanges.inc({ control: fact.control });
      return;
    case 'control.fenced': case 'control.requested': case 'operator.intended': case 'operator.acted': case 'run.started_over': case 'clock.jumped': case 'briefing.given': case 'frame.captured': case 'model.asked':
    case 'action.intended': case 'tool.intended': case 'caller.asked': case 'caller.answered': case 'turn.ended': case 'network.decided': case 'network.changed': case 'note.added': case 'artefact.kept': case 'file.put':
  }
}

type ModelFact = Extract<RunFact, { type: 'model.answered' | 'model.failed' | 'model.lost' }>;

function countTurn(meters: Meters, fact: ModelFact, model: string): void {
  meters.modelRequests.inc({ model, outcome: fact.type.replace('model.', '') });
  if (fact.type !== 'model.lost') meters.modelSeconds.observe({ model }, seconds(fact.ms));
  if (fact.type === 'model.failed') return;
  meters.modelCost.inc({ model }, fact.costUsd ?? 0);
  if (fact.type === 'model.lost') {
    meters.modelTokens.inc({ model, kind: 'lost' }, fact.tokens);
    return;
  }
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = fact.answer.usage;
  for (const [kind, count] of Object.entries({ input: inputTokens, cached_input: cachedInputTokens, output: outputTokens, reasoning: reasoningTokens })) meters.modelTokens.inc({ model, kind }, count);
}

function countTimings(meters: Meters, type: string, timings: StepTimings): void {
  const { queueMs, inputMs, settleMs, captureMs, relayMs } = timings;
  meters.actionSeconds.observe({ type }, seconds(queueMs + inputMs + settleMs + captureMs + relayMs));
  for (const [phase, ms] of Object.entries({ queue: queueMs, input: inputMs, settle: settleMs, capture: captureMs, relay: relayMs })) meters.actionPhaseSeconds.observe({ phase }, seconds(ms));
}

/** A clock that was set back must not make a histogram's sum fall. */
function seconds(ms: number): number {
  return Math.max(0, ms) / 1000;
}
