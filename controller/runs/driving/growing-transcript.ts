import type { Entry, Transcript } from '../../dialects/transcript.ts';
import type { RunFact } from '../run-event.ts';

/** What a model is told of its run: its desktop's briefing, and everything that it has seen and said. */
export type Told = { readonly briefing: string; readonly transcript: Transcript };

/** A transcript that grows with the facts of its run. */
export type GrowingTranscript = {
  /** Takes the next fact; its cost does not depend on what came before. */
  add(fact: RunFact): void;
  /** As it is now; a copy that no later fact changes. */
  told(): Told;
  /** About how much memory it holds, in characters. Pictures are names of frames; those that came with the task belong to the run. */
  readonly size: number;
};

/**
 * An empty transcript. A note that arrives while a turn is being performed stands after the turn's results, so that every
 * call is answered before anything else is said. Unfinished answers are left out.
 */
export function growTranscript(): GrowingTranscript {
  const entries: Entry[] = [];
  let waiting: Entry[] = [];
  let isTurnOpen = false;
  let briefing = '';
  let size = 0;
  const push = (...more: readonly Entry[]) => {
    entries.push(...more);
    for (const entry of more) size += sizeOf(entry);
  };
  const add = (entry: Entry) => {
    if (isTurnOpen) waiting.push(entry);
    else push(entry);
  };

  return {
    get size() {
      return size;
    },
    told: () => ({ briefing, transcript: [...entries] }),
    add(fact) {
      switch (fact.type) {
        case 'run.created':
          push({ kind: 'task', text: fact.request.task, frameId: null, earlier: fact.request.earlier, pictures: fact.request.pictures });
          break;
        case 'briefing.given':
          briefing = fact.text;
          break;
        case 'frame.captured':
          if (fact.why === 'task') addFrameToTask(entries, fact.frame.frameId);
          if (fact.why === 'fresh') add({ kind: 'note', from: 'vitrine', text: 'This is the screen now.', frameId: fact.frame.frameId });
          break;
        case 'model.answered':
          if (fact.answer.unfinished !== null) break;
          push({ kind: 'turn', turn: fact.answer });
          isTurnOpen = fact.answer.calls.length > 0;
          break;
        case 'turn.ended':
          isTurnOpen = false;
          push({ kind: 'results', results: fact.results }, ...waiting);
          waiting = [];
          break;
        case 'note.added':
          add({ kind: 'note', from: fact.from, text: fact.text, frameId: fact.frameId });
          break;
        default:
          break;
      }
    },
  };
}

/** The task is the first entry of every run. */
function addFrameToTask(entries: Entry[], frameId: string): void {
  const task = entries[0];
  if (task?.kind === 'task') entries[0] = { ...task, frameId };
}

function sizeOf(entry: Entry): number {
  switch (entry.kind) {
    case 'task':
      return 0;
    case 'note':
      return entry.text.length;
    case 'turn':
    case 'results':
      return JSON.stringify(entry).length;
  }
}
