import type { Run } from '../../api/answers.ts';

/** Who may give input to a desktop now, as this page sees it; gives the frame around the picture its colour, shape and words. */
export type Hand =
  | { readonly kind: 'agent' | 'asks' | 'paused' | 'nobody' | 'over'; readonly words: string }
  | { readonly kind: 'you'; readonly words: string; readonly until: number }
  | { readonly kind: 'other'; readonly words: string; readonly until: number; /** Who has it, by name. */ readonly holder: string };

/** `held` is the end of the lease that this page holds, by its own clock; null without one. */
export function handOn(holding: Run | null, held: number | null, isReady: boolean): Hand {
  if (held !== null) return { kind: 'you', words: 'You are in control', until: held };
  if (holding === null) return { kind: 'nobody', words: 'Nobody is in control' };
  if (holding.endedAt !== null) return { kind: 'over', words: 'The run is over' };
  if (!isReady) return { kind: 'nobody', words: 'No desktop yet' };
  if (holding.control === 'operator' && holding.lease !== null) return { kind: 'other', words: `${holding.lease.holder} is in control`, until: holding.lease.until, holder: holding.lease.holder };
  if (holding.control === 'paused') return holding.state === 'finishing' ? { kind: 'over', words: 'The run is ending' } : { kind: 'paused', words: 'Paused: nobody acts' };
  if (holding.approvalId !== null) return { kind: 'asks', words: 'The agent waits for a decision' };
  if (holding.state === 'awaitingOperator') return { kind: 'asks', words: 'The agent is stuck and waits for a word' };
  return holding.driver === 'caller' ? { kind: 'agent', words: 'A program is in control' } : { kind: 'agent', words: 'The agent is in control' };
}
