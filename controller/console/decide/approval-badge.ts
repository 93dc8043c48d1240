import type { Approval } from '../api/answers.ts';
import { statusOfAsked } from '../state/session-status.ts';
import type { Status } from '../state/session-status.ts';

/** How a question to a person stands, or ended. */
export function badgeOf({ state, kind }: Pick<Approval, 'state' | 'kind'>): Status {
  const isQuestion = kind === 'question';
  switch (state) {
    case 'pending': return statusOfAsked(kind);
    case 'approved': return { tone: 'succeeded', words: isQuestion ? 'Answered' : 'Approved' };
    case 'denied': return { tone: 'failed', words: isQuestion ? 'Left unanswered' : 'Denied' };
    case 'expired': return { tone: 'failed', words: isQuestion ? 'Not answered in time' : 'Denied by time' };
    case 'withdrawn': return { tone: 'cancelled', words: 'Withdrawn' };
  }
}
