import type { EarlierMessage } from './transcript.ts';

/*
 * Calls of the caller's functions in earlier turns. They were answered in a run that is over, so they are told as words: the
 * new run's model has to know what was asked and what came of it.
 */

/** A call that a model made earlier. */
export function callSaid(name: string, given: string): EarlierMessage {
  return { role: 'assistant', text: `(called the function ${name} with ${given})`, pictures: [] };
}

/** What the caller answered. */
export function answerSaid(callId: string, output: string): EarlierMessage {
  return { role: 'user', text: `(the function called as ${callId} answered: ${output})`, pictures: [] };
}
