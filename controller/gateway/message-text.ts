import type { Recall } from '../dialects/received-task.ts';
import type { EarlierMessage } from '../dialects/transcript.ts';
import { VitrineError } from '../errors.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import { isDeleted } from './deletion-mark.ts';
import { refusal } from './failures.ts';
import { segmentOfResponse } from './segment.ts';
import { createSegmentReader } from './segment-reader.ts';

/** Most messages that a request may refer to; each stands for reading a run. */
const maxReferences = 100;

/**
 * The messages of the caller's project that these ids name, each read once, while others are answered: those that a response ended
 * with, and those that a run began with. Ids of none, or of deleted ones, are not known. Throws `invalid_request` for too many of them.
 */
export async function recallMessages(runs: Runs, ids: readonly string[], by: Principal, signal: AbortSignal): Promise<Recall> {
  const distinct = new Set(ids);
  if (distinct.size > maxReferences) throw refusal(`Invalid 'input': it refers to ${distinct.size} messages, and a request may refer to ${maxReferences}: send the items themselves.`, 'input');
  const known = new Map<string, EarlierMessage>();
  for (const id of distinct) {
    const message = await messageOf(runs, id, by, signal);
    if (message !== undefined) known.set(id, message);
  }
  return (id) => known.get(id);
}

async function messageOf(runs: Runs, itemId: string, by: Principal, signal: AbortSignal): Promise<EarlierMessage | undefined> {
  try {
    const [, own = itemId, position] = /^(.*)_in(\d{1,4})$/.exec(itemId) ?? [];
    const segment = segmentOfResponse(own.replace(/^msg_/, 'resp_'));
    if (isDeleted(runs, segment, by)) return undefined;
    if (position !== undefined) return segment.index === 0 ? messageBefore(runs, segment.runId, Number(position), by) : undefined;
    const reader = createSegmentReader(runs, segment, by, '');
    await reader.catchUp(signal);
    const { text, refusal: refused } = reader().answer;
    const said = refused ?? text;
    return said === null ? undefined : { role: 'assistant', text: said, pictures: [] };
  } catch (reason) {
    if (VitrineError.from(reason).code === 'not_found') return undefined;
    throw reason;
  }
}

/** One of the messages that a run began with, the task last. */
function messageBefore(runs: Runs, runId: string, position: number, by: Principal): EarlierMessage | undefined {
  const [first] = runs.events({ runId, after: 0, limit: 1 }, by);
  if (first?.fact.type !== 'run.created') return undefined;
  const { earlier, task, pictures } = first.fact.request;
  return [...earlier, { role: 'user' as const, text: task, pictures }][position];
}
