import type { AnswerOf } from '../../api/contract.ts';

/** A run as a film, as the API makes it. */
export type Film = AnswerOf<'GET /api/runs/{id}/film'>;
export type Scene = Film['scenes'][number];
export type Beat = Film['beats'][number];
export type Holder = Film['control'][number]['holder'];
export type FrameOfFilm = Film['frames'][string];

/** Who had the desktop, in words. */
export function wordsOfHolder(holder: Holder, who: string | null = null): string {
  switch (holder) {
    case 'agent': return 'Agent';
    case 'person': return who === null ? 'A person' : `In the hands of ${who}`;
    case 'paused': return 'Paused';
    case 'waiting': return 'Waiting for an answer';
    case 'vitrine': return 'Vitrine';
  }
}

/** What the run was doing, in a word or two. */
export function wordsOfState(state: Film['states'][number]['state']): string {
  return { queued: 'Queued', preparing: 'Preparing', deciding: 'Checking', awaitingModel: 'Thinking', awaitingSafetyAck: 'Approval', executingAction: 'Acting', observing: 'Looking', awaitingOperator: 'Stuck', awaitingCaller: 'Caller', finishing: 'Finishing', succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Stopped' }[state];
}

/** The scene of a beat. */
export function sceneOf({ scenes }: Film, beat: Beat): Scene | undefined {
  return scenes[beat.scene];
}

/** When the film begins, in milliseconds since the epoch. */
export function beganAt({ beats, run }: Film): number {
  return Math.min(beats[0]?.at ?? run.createdAt, run.createdAt);
}
