import type { Display } from '../../sandbox-image/wire/index.ts';
import type { AnswerStatus, AnswerToPrint } from '../dialects/answer-to-print.ts';
import { VitrineError } from '../errors.ts';
import type { RunEvent } from '../runs/run-event.ts';
import { DesktopSpec } from '../desktops/desktop.ts';
import type { Turn } from '../dialects/transcript.ts';
import type { Asked, Run, RunRequest } from '../runs/run.ts';
import { finalStates } from '../runs/run.ts';
import type { Principal, Runs } from '../runs/runs.ts';
import { eachEvent } from '../runs/each-event.ts';
import { labelsOf, ownMetadata } from './labels.ts';
import { callIdOf, idOf } from './segment.ts';
import type { Segment } from './segment.ts';

/** A segment as far as it is. */
export type Reading = { readonly run: Run; readonly answer: AnswerToPrint; readonly isOver: boolean };

/** Where the pages about a run are: scheme and host, without a slash at the end. */
export type Origin = string;

/** Gives the segment as far as it is. `catchUp`, before the first reading, reads a long run while others are answered. */
export type SegmentReader = (() => Reading) & { readonly catchUp: (signal: AbortSignal) => Promise<void> };

const pageSize = 500;

type State = {
  after: number;
  index: number;
  asked: readonly Asked[] | null;
  /** What was said beside calls of the caller's functions that are not put to the caller yet; then, with them. */
  said: string;
  denials: string[];
  thoughts: string[];
  /** What was said in the last answer of the model, if that was cut off at its bound. */
  cut: string | null;
  request: RunRequest | null;
  /** What the request that answered calls says anew of what is repeated. */
  echoAnew: Readonly<Record<string, unknown>>;
  display: Display | null;
};

/** Reads a segment from the journal; each reading takes up where the one before ended. Throws `not_found`. */
export function createSegmentReader(runs: Runs, segment: Segment, by: Principal, origin: Origin): SegmentReader {
  const state: State = { after: 0, index: 0, asked: null, said: '', denials: [], thoughts: [], cut: null, request: null, echoAnew: {}, display: null };
  const read = () => {
    const run = runs.get(segment.runId, by);
    for (let page = next(runs, segment, state, by); page.length > 0; page = next(runs, segment, state, by)) {
      for (const event of page) take(state, segment, event);
    }
    if (state.index < segment.index || labelsOf(run.metadata) === undefined) throw new VitrineError('not_found', `Response with id 'resp_${idOf(segment)}' not found.`);
    const isAsked = state.asked !== null;
    return { run, isOver: isAsked || finalStates.includes(run.state), answer: answerOf(run, segment, state, origin) };
  };
  const catchUp = async (signal: AbortSignal) => {
    for await (const event of eachEvent(runs, segment.runId, by, signal)) take(state, segment, event);
  };
  return Object.assign(read, { catchUp });
}

function next(runs: Runs, segment: Segment, state: State, by: Principal): readonly RunEvent[] {
  return runs.events({ runId: segment.runId, after: state.after, limit: pageSize }, by);
}

function take(state: State, segment: Segment, { sequence, fact }: RunEvent): void {
  state.after = sequence;
  if (fact.type === 'run.created') state.request = fact.request;
  if (fact.type === 'desktop.ready') state.display = fact.display;
  if (fact.type === 'caller.answered') state.index += 1;
  if (state.index !== segment.index || state.asked !== null) return;
  if (fact.type === 'caller.answered') state.echoAnew = fact.echo ?? {};
  if (fact.type === 'model.answered') state.cut = isCutOff(fact.answer.unfinished) ? fact.answer.said ?? '' : null;
  if (fact.type === 'model.failed') state.cut = null;
  if (fact.type === 'caller.asked') state.asked = fact.asked;
  if (fact.type === 'model.answered' && fact.answer.calls.length > 0) takeCommentary(state, fact.answer);
  if (fact.type === 'turn.ended') think(state, state.said);
  if (fact.type === 'approval.opened' && fact.approval.question !== undefined) state.thoughts.push(`Waiting for a person to answer ${fact.approval.id}: ${fact.approval.question.text}`);
  else if (fact.type === 'approval.opened') {
    const checks = fact.approval.calls.flatMap(({ safetyChecks }) => safetyChecks.flatMap(({ message, code }) => message ?? code ?? []));
    const asked = [...checks, ...fact.approval.rules.map(({ rule, reason }) => `rule ${rule}: ${reason}`)];
    state.thoughts.push(`Waiting for a person to decide on approval ${fact.approval.id}${asked.length === 0 ? '' : `: ${asked.join('; ')}`}`);
  }
  if (fact.type === 'approval.ended' && fact.approval.kind === 'question') state.thoughts.push(`${fact.approval.id} was ${fact.approval.state === 'approved' ? 'answered' : 'not answered'}`);
  else if (fact.type === 'approval.ended' && fact.approval.state !== 'withdrawn') {
    const { state: how, reason, id } = fact.approval;
    const words = how === 'expired' ? `Approval ${id} was denied: nobody decided in time` : `Approval ${id} was ${how}${reason === null ? '' : `: ${reason}`}`;
    state.thoughts.push(words);
    if (how !== 'approved') state.denials.push(words);
  }
}

/** Whether a vendor's reason says that an answer reached the most that it may have. */
function isCutOff(unfinished: string | null): boolean {
  return unfinished !== null && /^(?:max_(?:output_)?tokens|length)$/.test(unfinished);
}

/** What is said beside calls of the caller's functions belongs to them; should none be put to the caller, it was said on the way. */
function takeCommentary(state: State, { commentary, said = '' }: Turn): void {
  think(state, commentary.endsWith(said) ? commentary.slice(0, commentary.length - said.length) : commentary);
  state.said = said.trim();
}

function think(state: State, text: string): void {
  if (text.trim() !== '') state.thoughts.push(text.trim());
  state.said = '';
}

function answerOf(run: Run, segment: Segment, state: State, origin: Origin): AnswerToPrint {
  const labels = labelsOf(run.metadata);
  const hasRefused = run.failure?.code === 'model_refused';
  const isLast = state.asked === null;
  const status = statusOf(run, state);
  const denied = state.denials.length === 0 || state.request?.answerFormat !== undefined ? '' : `\n\n(${state.denials.join('. ')}.)`;
  return {
    id: idOf(segment),
    createdAt: Math.floor(run.createdAt / 1000),
    model: labels?.model ?? run.model ?? '',
    status,
    thoughts: [...state.thoughts],
    text: status === 'completed' && !hasRefused ? `${run.answer ?? ''}${denied}` : status === 'incomplete' ? state.cut : !isLast && state.said !== '' ? state.said : null,
    refusal: status === 'completed' && hasRefused ? `${run.answer ?? run.failure?.message ?? ''}${denied}` : null,
    calls: (state.asked ?? []).map((asked, position) => ({ callId: callIdOf(labels?.endpoint === 'anthropic-messages' ? 'toolu' : 'call', segment, position), name: asked.name, arguments: asked.arguments })),
    failure: status === 'failed' ? run.failure : null,
    usage: run.usage,
    metadata: metadataOf(run, state, origin),
    previousResponseId: segment.index > 0 ? `resp_${idOf({ ...segment, index: segment.index - 1 })}` : labels?.previous ?? null,
    isBackground: labels?.background ?? false,
    echo: { ...state.request?.echo, ...state.echoAnew },
  };
}

function statusOf(run: Run, { asked, cut }: State): AnswerStatus {
  if (asked !== null) return 'waiting';
  if (run.state === 'failed' && run.failure?.code === 'model_failed' && cut !== null) return 'incomplete';
  if (run.state === 'succeeded' || run.failure?.code === 'model_refused') return finalStates.includes(run.state) ? 'completed' : 'in_progress';
  if (run.state === 'failed' || run.state === 'cancelled') return run.state;
  return run.state === 'queued' ? 'queued' : 'in_progress';
}

/** The caller's labels, and where the steps, the desktop and what was kept are to be found. */
function metadataOf(run: Run, state: State, origin: Origin): Record<string, string> {
  const artefacts = run.artefacts.map(({ id, name, size }) => ({ name, size, url: `${origin}/api/runs/${run.id}/artefacts/${id}` }));
  const display = effectiveDisplay(state);
  return {
    ...ownMetadata(run.metadata),
    vitrine_run: run.id,
    ...(run.desktopId === null ? {} : { vitrine_desktop: run.desktopId }),
    ...(display === undefined ? {} : { vitrine_display: `${display.width}x${display.height}` }),
    vitrine_replay: `${origin}/api/runs/${run.id}/replay`,
    ...(artefacts.length === 0 ? {} : { vitrine_artefacts: JSON.stringify(artefacts) }),
    ...(state.denials.length === 0 ? {} : { vitrine_denied: state.denials.join('. ') }),
  };
}

/** The size of the desktop; before there is one, the size that it is launched with. Undefined while a desktop that was there before is not taken yet. */
function effectiveDisplay({ display, request }: State): Display | undefined {
  if (display !== null) return display;
  return request === null || request.desktopId !== undefined ? undefined : request.display ?? DesktopSpec.parse({}).display;
}
