import { offeredFunctions } from '../dialects/desktop-functions.ts';
import type { Offer } from '../dialects/transcript.ts';
import type { RunRequest } from './run.ts';

/** What a run's model may use besides the screen, and how it must answer. */
export function offerOf({ tools, callerTools, answerFormat }: Pick<RunRequest, 'tools' | 'callerTools' | 'answerFormat'>): Offer {
  return { shell: tools.includes('shell'), files: tools.includes('files'), person: tools.includes('ask_person'), callerTools, answerFormat: answerFormat ?? null };
}

/** Throws `invalid_request` for a function of the caller's that has the name of another, or of a tool that the run may use. */
export function refuseNamesakes(request: RunRequest): void {
  offeredFunctions(offerOf(request));
}
