import type { Entry, Transcript } from '../dialects/transcript.ts';
import type { RunEvent } from './run-event.ts';

/**
 * What the model has seen and said, from the journal. A note that arrives while a turn is being performed stands after
 * the turn's results, so that every call is answered before anything else is said. Unfinished answers are left out.
 */
export function transcriptOf(events: readonly RunEvent[]): Transcript {
  const entries: Entry[] = [];
  let waiting: Entry[] = [];
  let isTurnOpen = false;
  const add = (entry: Entry) => (isTurnOpen ? waiting : entries).push(entry);

  for (const { fact } of events) {
    switch (fact.type) {
      case 'run.created':
        entries.push({ kind: 'task', text: fact.request.task, frameId: null, earlier: fact.request.earlier, pictures: fact.request.pictures });
        break;
      case 'frame.captured':
        if (fact.why === 'task') addFrameToTask(entries, fact.frame.frameId);
        if (fact.why === 'fresh') add({ kind: 'note', from: 'vitrine', text: 'This is the screen now.', frameId: fact.frame.frameId });
        break;
      case 'model.answered':
        if (fact.answer.unfinished !== null) break;
        entries.push({ kind: 'turn', turn: fact.answer });
        isTurnOpen = fact.answer.calls.length > 0;
        break;
      case 'turn.ended':
        entries.push({ kind: 'results', results: fact.results }, ...waiting);
        waiting = [];
        isTurnOpen = false;
        break;
      case 'note.added':
        add({ kind: 'note', from: fact.from, text: fact.text, frameId: fact.frameId });
        break;
      default:
        break;
    }
  }
  return entries;
}

function addFrameToTask(entries: Entry[], frameId: string): void {
  const index = entries.findIndex((entry) => entry.kind === 'task');
  const task = entries[index];
  if (task?.kind === 'task') entries[index] = { ...task, frameId };
}
