import { createHash } from 'node:crypto';
import { isInput } from '../../../../sandbox-image/wire/index.ts';
import { isOfScreen } from '../../../dialects/transcript.ts';
import type { Turn } from '../../../dialects/transcript.ts';
import type { RunContext } from '../run-context.ts';

/** So many of the last turns are remembered: a run that goes in a circle of a few turns repeats itself too. */
const rememberedTurns = 24;
/** A model may wait for long, but not for ever: after so many turns without input on an equal screen it is stuck. */
const maxIdleTurns = 60;

/** Whether the run goes round in circles: equal turns on equal screens, or turn after turn that leaves the screen as it is. */
export function repetition({ repeats, frame, request }: RunContext, answer: Turn): Pick<RunContext, 'repeats' | 'isStuck'> {
  const calls = answer.calls.map(({ actions, tool, asks, question }) => ({ actions, tool, asks, question }));
  const isIdle = !calls.some((call) => call.actions.some(isInput) || !isOfScreen(call));
  const screen = frame?.hash ?? '';
  const key = createHash('sha256').update(`${screen}\n${isIdle ? '' : JSON.stringify(calls)}`).digest('hex').slice(0, 16);
  const recent = [...(repeats.recent ?? []), key].slice(-rememberedTurns);
  const count = repeats.key === key ? repeats.count + 1 : 1;
  const touchesScreen = calls.some(({ actions }) => actions.some(isInput));
  const frames = (screen === repeats.screen ? (repeats.frames ?? 0) : 0) + (touchesScreen ? 1 : 0);
  const { turns: maxTurns, frames: maxFrames } = request.loopGuard;
  const isStuck = isIdle ? count >= maxIdleTurns : recent.filter((each) => each === key).length >= maxTurns || frames >= maxFrames;
  return { repeats: { key, count, recent, screen, frames }, isStuck };
}
