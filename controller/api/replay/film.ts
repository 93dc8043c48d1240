import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Action, Frame } from '../../../sandbox-image/wire/index.ts';
import type { RunEvent, RunFact } from '../../runs/run-event.ts';
import type { Run } from '../../runs/run.ts';
import type { Beat, Film, Mark, Scene, Spot } from './film-shape.ts';
import { Lanes } from './lanes.ts';
import { chord, keyName, endWordOf, wordsOfAction, wordsOfApproval, wordsOfEdits, wordsOfFact, wordsOfTool, wordsOfOutcome } from '../plain-words.ts';

/** Scenes that are cut in one go, in a millisecond or two. */
const perSlice = 500;

/** Makes the film of a run from its events, oldest first, as they come; a run that goes on is a film up to its last event. Others are answered in between. */
export async function filmOf(run: Run, events: Iterable<RunEvent> | AsyncIterable<RunEvent>): Promise<Film> {
  const reel = new Reel();
  for await (const event of events) reel.add(event);
  const shown = new Set<string | null>();
  const beats: Beat[] = [];
  let last = 0;
  for (const [index, scene] of reel.scenes.entries()) {
    if (index % perSlice === 0) await nextTurn();
    shown.add(scene.before).add(scene.after);
    for (const picture of picturesOf(scene)) {
      last = Math.max(last, picture.phase === 'before' ? (reel.began.get(scene.sequence) ?? scene.at) : scene.at);
      beats.push({ scene: index, at: last, ...picture });
    }
  }
  await nextTurn();
  const frames = Object.fromEntries([...reel.frames].filter(([frameId]) => shown.has(frameId)));
  await nextTurn();
  return { run, scenes: reel.scenes, beats, frames, ...reel.lanes.upTo(run.endedAt ?? reel.endedAt ?? run.createdAt), briefing: reel.briefing };
}

/** The steps of a scene: two for an action whose screen was seen before and after, one for everything else. */
function picturesOf({ kind, before, after }: Scene): Omit<Beat, 'at' | 'scene'>[] {
  const isPair = kind === 'action' && before !== null && after !== null && before !== after;
  if (isPair) return [{ phase: 'before', frameId: before }, { phase: 'after', frameId: after }];
  return [{ phase: kind !== 'action' ? 'still' : before === null ? 'after' : 'before', frameId: before ?? after }];
}

/** Gathers scenes, remembering which frame is on the screen and where the pointer is. */
class Reel {
  readonly lanes = new Lanes();
  /** When the last event was. */
  endedAt: number | undefined;
  readonly scenes: Scene[] = [];
  readonly frames = new Map<string, Frame>();
  /** When an action was sent, by the event of its end. */
  readonly began = new Map<number, number>();
  briefing: Film['briefing'] = null;
  /** What was on the screen when an action was sent, and when that was. */
  readonly #sent = new Map<string, { readonly at: number; readonly frameId: string | null }>();
  #frameId: string | null = null;
  #pointer: Spot | null = null;
  #turn = 0;
  #sequence = 0;

  add(event: RunEvent): void {
    const { sequence, at, fact } = event;
    this.#sequence = sequence;
    this.endedAt = at;
    this.lanes.add(event);
    switch (fact.type) {
      case 'run.created': return this.#scene(at, 'task', { title: wordsOfFact(fact) ?? '', text: fact.request.task });
      case 'briefing.given': return void (this.briefing = { version: fact.version, text: fact.text });
      case 'frame.captured': return this.#look(fact);
      case 'control.requested':
      case 'control.fenced': return this.#scene(at, 'control', { title: wordsOfFact(fact) ?? '', tone: 'asks' });
      case 'operator.acted': return this.#scene(at, 'person', { title: wordsOfFact(fact) ?? '', tone: fact.outcome.status === 'performed' ? 'plain' : 'bad' });
      case 'run.started_over': return this.#scene(at, 'desktop', { title: wordsOfFact(fact) ?? '', tone: 'bad' });
      case 'clock.jumped': return this.#scene(at, 'note', { title: wordsOfFact(fact) ?? '' });
      case 'control.changed': return this.#scene(at, 'control', { title: wordsOfFact(fact) ?? '', tone: fact.control === 'agent' ? 'plain' : 'asks' });
      case 'desktop.ready': return this.#scene(at, 'desktop', { title: wordsOfFact(fact) ?? '' });
      case 'desktop.ended': return fact.kind === 'released' ? undefined : this.#scene(at, 'desktop', { title: wordsOfFact(fact) ?? '', tone: 'bad' });
      case 'model.answered': return this.#turned(at, fact);
      case 'model.failed': return this.#scene(at, 'failure', { title: 'The model failed', text: fact.message, tone: 'bad', timings: { modelMs: fact.ms } });
      case 'model.lost': return this.#scene(at, 'note', { title: 'A question was lost', text: wordsOfFact(fact) ?? '' });
      case 'action.intended': return void this.#sent.set(fact.actionId, { at, frameId: this.#frameId });
      case 'action.ended': return this.#acted(at, fact);
      case 'tool.ended': return this.#scene(at, 'note', { title: wordsOfTool(fact.tool), text: fact.output, tone: fact.isError ? 'bad' : 'plain' });
      case 'caller.asked':
      case 'caller.answered': return this.#scene(at, 'note', { title: wordsOfFact(fact) ?? '' });
      case 'policy.judged': return this.#scene(at, 'note', { title: 'Rules apply', text: wordsOfFact(fact) ?? '', tone: fact.matches.some(({ verdict }) => verdict === 'refuse') ? 'bad' : 'asks' });
      case 'approval.opened': return this.#scene(at, 'approval', { title: fact.approval.kind === 'question' ? 'The model asks a person' : 'A person has to decide', text: wordsOfApproval(fact.approval), tone: 'asks', before: fact.approval.frameId ?? this.#frameId });
      case 'approval.ended': return this.#decided(at, fact);
      case 'network.decided': return this.#scene(at, 'network', { title: wordsOfFact(fact) ?? '', tone: fact.contact.verdict === 'refused' ? 'bad' : 'plain' });
      case 'network.changed': return this.#scene(at, 'network', { title: wordsOfFact(fact) ?? '', tone: 'asks' });
      case 'note.added': return this.#scene(at, 'note', { title: `A note from ${fact.from === 'vitrine' ? 'Vitrine' : fact.by}`, text: fact.text });
      case 'file.put':
      case 'artefact.kept': return this.#scene(at, 'note', { title: wordsOfFact(fact) ?? '' });
      case 'run.ended': return this.#ended(at, fact);
      case 'state.changed':
      case 'desktop.stage':
      case 'desktop.waits':
      case 'model.asked':
      case 'operator.intended':
      case 'tool.intended':
      case 'turn.ended':
        return undefined;
    }
  }

  #look({ frame, why }: Extract<RunFact, { type: 'frame.captured' }>): void {
    this.frames.set(frame.frameId, frame);
    this.#pointer ??= frame.pointer;
    if (isWhole(frame)) this.#frameId = frame.frameId;
    if (why !== 'after_action') this.#adopt(frame.frameId);
  }

  /** A frame captured for a whole turn shows what came of its last action, if that one has no frame of its own. */
  #adopt(frameId: string): void {
    const last = this.scenes.at(-1);
    if (last?.kind === 'action' && last.after === null) this.scenes[this.scenes.length - 1] = { ...last, after: frameId };
  }

  #turned(at: number, fact: Extract<RunFact, { type: 'model.answered' }>): void {
    this.#turn = fact.turn;
    const { answer } = fact;
    const bad = answer.refusal ?? answer.unfinished;
    const said = bad ?? (answer.message === null ? answer.commentary : [answer.commentary, answer.message].filter((text) => text !== '').join('\n\n'));
    const actions = answer.calls.flatMap((call) => call.actions).length;
    const title = bad !== null ? 'The model refused or did not finish' : answer.message !== null ? 'The model\'s last word' : `The model decides: ${actions} action${actions === 1 ? '' : 's'}`;
    this.#scene(at, 'turn', { title, text: said, tone: bad === null ? 'plain' : 'bad', timings: { modelMs: fact.ms } });
  }

  #acted(at: number, fact: Extract<RunFact, { type: 'action.ended' }>): void {
    const { action, outcome, timings } = fact;
    const mark: Mark = { action, at: this.#pointer, keys: keysOf(action) };
    const { status, effect, warnings, settled } = outcome;
    const text = [wordsOfOutcome(outcome), ...warnings].join('\n');
    const after = fact.frameId !== null && this.frames.has(fact.frameId) ? fact.frameId : null;
    const sent = this.#sent.get(fact.actionId);
    const before = sent?.frameId ?? this.#frameId;
    if (sent !== undefined) this.began.set(this.#sequence, sent.at);
    this.#scene(at, 'action', { title: wordsOfAction(action), text: [capital(text), ...(fact.editedBy === undefined ? [] : [`A person (${fact.editedBy}) wrote this text in place of the model's`])].join('\n'), before, after, mark, tone: status === 'performed' ? 'plain' : 'bad', outcome: { status, effect, warnings, settled }, timings: timings });
    this.#pointer = outcome.pointer;
  }

  #decided(at: number, { approval }: Extract<RunFact, { type: 'approval.ended' }>): void {
    const who = approval.decidedBy === null ? '' : ` by ${approval.decidedBy}`;
    const waited = (approval.decidedAt ?? at) - approval.openedAt;
    const text = [wordsOfApproval(approval), ...wordsOfEdits(approval).map(capital), approval.reason === null ? '' : `Reason: ${approval.reason}`, `Decided after ${(waited / 1000).toFixed(1)} s`].filter((line) => line !== '').join('\n');
    this.#scene(at, 'approval', { title: `${endWordOf(approval)}${who}`, text, tone: approval.state === 'approved' ? 'good' : 'bad', before: approval.frameId ?? this.#frameId });
  }

  #ended(at: number, fact: Extract<RunFact, { type: 'run.ended' }>): void {
    const good = fact.state === 'succeeded';
    this.#scene(at, 'answer', { title: wordsOfFact(fact) ?? '', text: fact.answer ?? fact.failure?.message ?? '', tone: good ? 'good' : 'bad' });
  }

  #scene(at: number, kind: Scene['kind'], parts: Partial<Scene>): void {
    this.scenes.push({ sequence: this.#sequence, kind, at, turn: this.#turn, title: '', text: '', before: this.#frameId, after: null, mark: null, tone: 'plain', outcome: null, timings: null, ...parts });
  }
}

function isWhole({ region, display }: Frame): boolean {
  return region.width === display.width && region.height === display.height;
}

function keysOf(action: Action): string | null {
  if (action.type === 'key' || action.type === 'hold') return chord(action.keys);
  if (action.type === 'key_down' || action.type === 'key_up') return keyName(action.key);
  return 'modifiers' in action && action.modifiers.length > 0 ? chord(action.modifiers) : null;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

