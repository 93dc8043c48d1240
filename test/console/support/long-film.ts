import { filmOf } from '../../../controller/api/replay/film.ts';
import type { Film } from '../../../controller/api/replay/film-shape.ts';
import type { Run } from '../../../controller/runs/run.ts';
import type { RunEvent, RunFact } from '../../../controller/runs/run-event.ts';
import { sampleFrame } from '../../support/sample-run.ts';

/** The film of a run that did `turns` turns of two actions each, every action with a frame of its own and a person asked now and then. */
export async function longFilm(run: Run, turns: number): Promise<Film> {
  const events: RunEvent[] = [];
  let at = run.createdAt;
  const tell = (afterMs: number, fact: RunFact) => {
    at += afterMs;
    events.push({ sequence: events.length + 1, runId: run.id, at, fact });
  };
  const usage = { inputTokens: 1000, cachedInputTokens: 0, outputTokens: 50, reasoningTokens: 0 };
  tell(0, { type: 'frame.captured', frame: sampleFrame('f0'), why: 'task' });
  for (let turn = 1; turn <= turns; turn += 1) {
    tell(20, { type: 'state.changed', from: 'deciding', to: 'awaitingModel', control: 'agent' });
    const clicks = [0, 1].map((index) => ({ type: 'click' as const, x: (turn * 37 + index * 200) % 1280, y: (turn * 23) % 800, button: 'left' as const, count: 1, modifiers: [] }));
    tell(2500, { type: 'model.answered', turn, askId: `a${turn}`, ms: 2500, costUsd: null, answer: { responseId: `r${turn}`, commentary: `Turn ${turn}: I go on to page ${turn} and look at what it says about the matter in hand.`, calls: [{ callId: `c${turn}`, actions: clicks, safetyChecks: [] }], message: null, unfinished: null, refusal: null, usage, raw: [] } });
    tell(5, { type: 'state.changed', from: 'deciding', to: 'executingAction', control: turn % 50 === 0 ? 'paused' : 'agent' });
    for (const [index, action] of clicks.entries()) {
      const address = { actionId: `x${turn}.${index}`, turn, callId: `c${turn}`, index };
      const frame = sampleFrame(`f${turn}-${index}`);
      tell(10, { type: 'action.intended', ...address, action, epoch: 1, decidedOn: null });
      tell(180, { type: 'frame.captured', frame, why: 'after_action' });
      tell(1, { type: 'action.ended', ...address, action, frameId: frame.frameId, timings: { queueMs: 0, inputMs: 3, settleMs: 160, captureMs: 8, relayMs: 2 }, outcome: { actionId: address.actionId, status: 'performed', pointer: { x: action.x, y: action.y }, effect: { kind: 'changed', region: { x: 10, y: 10, width: 300, height: 200 }, share: 0.05 }, settled: true, waitedMs: 160, warnings: [], replayed: false } });
    }
  }
  return filmOf({ ...run, turns, steps: turns * 2, endedAt: at }, events);
}
