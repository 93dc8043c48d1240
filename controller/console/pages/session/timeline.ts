import { endWordOf, wordsOfAction, wordsOfApproval, wordsOfEdits, wordsOfFact, wordsOfNetwork, wordsOfOutcome, wordsOfTool } from '../../../api/plain-words.ts';
import type { Spot } from '../../marks/shape.ts';
import type { Entry, EventFact, FactOf, RunEvent } from './timeline-entry.ts';

/**
 * What happened in a run as a list to read, kept from its events: what begins shows as under way, and its end takes the same
 * place. Each event counts once, whatever comes twice. Entries are never changed, only replaced.
 */
export class Timeline {
  readonly entries: Entry[] = [];
  /** The sequence number of the last event that was added. */
  last = 0;
  readonly #places = new Map<string, number>();
  readonly #lookedAt = new Map<string, string | null>();
  #frameId: string | null = null;
  #pointer: Spot | null = null;
  #turn = 0;

  /** Adds an event; false if it is known. */
  add(event: RunEvent): boolean {
    if (event.sequence <= this.last) return false;
    this.last = event.sequence;
    this.#tell(event.at, event.fact, String(event.sequence));
    return true;
  }

  /** Where an entry stands; undefined if there is none with this key. */
  placeOf(key: string): number | undefined {
    return this.#places.get(key);
  }

  /** The frame that was captured last, of the whole screen. */
  get frameId(): string | null {
    return this.#frameId;
  }

  #tell(at: number, fact: EventFact, key: string): void {
    switch (fact.type) {
      case 'run.created': return this.#put({ key, at, kind: 'task', title: fact.driver === 'model' ? `${fact.by} gives a task to ${fact.model ?? 'a model'}` : `${fact.by} acts`, text: fact.request.task });
      case 'model.asked': return this.#asked(at, fact);
      case 'model.answered': return this.#answered(at, fact);
      case 'model.failed':
      case 'model.lost': return this.#put({ key, at, kind: 'problem', title: wordsOfFact(fact) ?? '', tone: 'bad' });
      case 'frame.captured': return this.#look(fact);
      case 'action.intended': return this.#intended(at, fact);
      case 'action.ended': return this.#acted(at, fact);
      case 'tool.intended': return this.#put({ key: fact.actionId, at, kind: 'tool', turn: fact.turn, title: wordsOfTool(fact.tool), tone: 'busy' });
      case 'tool.ended': return this.#put({ key: fact.actionId, at, kind: 'tool', turn: fact.turn, title: wordsOfTool(fact.tool), text: fact.output, tone: fact.isError ? 'bad' : 'plain', timings: { totalMs: fact.ms } });
      case 'approval.opened': return this.#put({ key: fact.approval.id, at, kind: 'approval', title: fact.approval.kind === 'question' ? 'The model asks a person' : 'A person has to decide', text: wordsOfApproval(fact.approval), tone: 'asks', approvalId: fact.approval.id, before: fact.approval.frameId });
      case 'approval.ended': return this.#decided(at, fact);
      case 'policy.judged': return this.#put({ key, at, kind: 'rule', title: fact.matches.some(({ verdict }) => verdict === 'refuse') ? 'A rule refuses' : 'A rule asks', text: wordsOfFact(fact) ?? '', tone: fact.matches.some(({ verdict }) => verdict === 'refuse') ? 'bad' : 'asks' });
      case 'network.decided': return this.#put({ key, at, kind: 'network', title: wordsOfFact(fact) ?? '', tone: fact.contact.verdict === 'refused' ? 'bad' : 'plain' });
      case 'network.changed': return this.#put({ key, at, kind: 'network', title: `${fact.by} changes what it may reach`, text: wordsOfNetwork(fact.policy, fact.allowed) });
      case 'note.added': return this.#put({ key, at, kind: 'note', title: fact.from === 'vitrine' ? 'Vitrine tells the model' : `${fact.by} tells the model`, text: fact.text });
      case 'control.changed': return this.#put({ key, at, kind: 'control', title: wordsOfFact(fact) ?? '', tone: fact.control === 'agent' ? 'plain' : 'asks' });
      case 'control.requested': return this.#put({ key, at, kind: 'control', title: wordsOfFact(fact) ?? '', tone: 'asks' });
      case 'control.fenced': return fact.stopped.length + fact.processes.length === 0 && fact.problem === null ? undefined : this.#put({ key, at, kind: 'control', title: 'What the agent left behind', text: wordsOfFact(fact) ?? '' });
      case 'operator.intended': return this.#put({ key: fact.actionId, at, kind: 'operator', title: `${fact.by} acts`, tone: 'busy' });
      case 'operator.acted': return this.#put({ key: fact.actionId, at, kind: 'operator', title: wordsOfFact(fact) ?? '', tone: fact.outcome.status === 'performed' ? 'plain' : 'bad' });
      case 'desktop.waits':
      case 'desktop.stage': return this.#put({ key: 'launch', at, kind: 'desktop', title: wordsOfFact(fact) ?? '', tone: 'busy' });
      case 'desktop.ready': return this.#ready(at, fact);
      case 'desktop.ended': return this.#put({ key, at, kind: 'desktop', title: wordsOfFact(fact) ?? '', tone: fact.kind === 'released' ? 'plain' : 'bad' });
      case 'run.started_over': return this.#put({ key, at, kind: 'desktop', title: wordsOfFact(fact) ?? '', tone: 'asks' });
      case 'caller.asked':
      case 'caller.answered':
      case 'clock.jumped':
      case 'file.put':
      case 'artefact.kept': return this.#put({ key, at, kind: 'note', title: wordsOfFact(fact) ?? '' });
      case 'run.ended': return this.#put({ key, at, kind: 'end', title: wordsOfFact(fact) ?? '', text: fact.answer ?? '', tone: fact.state === 'succeeded' ? 'good' : 'bad' });
      case 'state.changed':
      case 'briefing.given':
      case 'turn.ended': return undefined;
    }
  }

  #asked(at: number, { turn }: FactOf<'model.asked'>): void {
    this.#turn = turn;
    this.#put({ key: `turn-${turn}`, at, kind: 'turn', title: 'The model is asked', tone: 'busy' });
  }

  #answered(at: number, { turn, answer, ms }: FactOf<'model.answered'>): void {
    this.#turn = turn;
    const problem = answer.refusal ?? answer.unfinished;
    const wrong = answer.calls.flatMap((call) => call.problem ?? []);
    const said = [answer.commentary, problem ?? answer.message ?? ''].filter((text) => text !== '').join('\n\n');
    const plan = answer.calls.flatMap(({ actions, tool, asks }) => [...actions.map(wordsOfAction), ...(tool === undefined ? [] : [wordsOfTool(tool)]), ...(asks === undefined ? [] : [`Ask ${asks.name}`])]);
    const count = answer.calls.reduce((sum, call) => sum + Math.max(call.actions.length, 1), 0);
    const decided = `${count} action${count === 1 ? '' : 's'}`;
    const title = answer.refusal !== null ? 'The model refuses' : answer.unfinished !== null ? 'The answer is unfinished' : answer.message === null ? decided : 'The model\'s last word';
    this.#put({ key: `turn-${turn}`, at, kind: 'turn', title, text: [said === '' ? plan.join(', then ') : said, ...wrong.map((words) => `Not performed: ${words}`)].join('\n'), tone: problem === null && wrong.length === 0 ? 'plain' : 'bad', timings: { totalMs: ms } });
  }

  #look({ frame, why }: FactOf<'frame.captured'>): void {
    this.#pointer ??= frame.pointer;
    if (frame.region.width === frame.display.width && frame.region.height === frame.display.height) this.#frameId = frame.frameId;
    const last = this.entries.at(-1);
    if (why !== 'after_action' && last?.kind === 'action' && last.after === null) this.#put({ ...last, after: frame.frameId });
  }

  #intended(at: number, { actionId, turn, action }: FactOf<'action.intended'>): void {
    this.#lookedAt.set(actionId, this.#frameId);
    this.#put({ key: actionId, at, kind: 'action', turn, title: wordsOfAction(action), tone: 'busy', mark: { action, at: this.#pointer }, before: this.#frameId });
  }

  #acted(at: number, fact: FactOf<'action.ended'>): void {
    const { actionId, turn, action, outcome, timings, editedBy } = fact;
    const totalMs = timings.queueMs + timings.inputMs + timings.settleMs + timings.captureMs + timings.relayMs;
    const words = wordsOfOutcome(outcome);
    const edited = editedBy === undefined ? [] : [`${editedBy} wrote this text in place of the model's.`];
    const before = this.#lookedAt.get(actionId) ?? this.#frameId;
    this.#lookedAt.delete(actionId);
    this.#put({
      key: actionId, at, kind: 'action', turn, title: wordsOfAction(action), text: [`${words.charAt(0).toUpperCase()}${words.slice(1)}`, ...edited, ...outcome.warnings].join('\n'), tone: outcome.status === 'performed' ? 'plain' : 'bad',
      mark: { action, at: this.#pointer }, effect: outcome.effect.kind === 'changed' ? outcome.effect.region : null, timings: { ...timings, totalMs }, before, after: fact.frameId,
    });
    this.#pointer = outcome.pointer;
  }

  #decided(at: number, { approval }: FactOf<'approval.ended'>): void {
    const who = approval.decidedBy === null ? '' : ` by ${approval.decidedBy}`;
    const title = `${endWordOf(approval)}${who}`;
    const text = [approval.reason ?? '', ...wordsOfEdits(approval), wordsOfApproval(approval)].filter((line) => line !== '').join('\n');
    this.#put({ key: approval.id, at, kind: 'approval', title, text, tone: approval.state === 'approved' ? 'good' : 'bad', approvalId: approval.id, before: approval.frameId, timings: { totalMs: (approval.decidedAt ?? at) - approval.openedAt } });
  }

  /** The stages of the launch give their place to its end; another launch begins another entry. */
  #ready(at: number, fact: FactOf<'desktop.ready'>): void {
    const place = this.#places.get('launch');
    const key = `ready-${fact.desktopId}`;
    if (place !== undefined) {
      this.#places.delete('launch');
      this.#places.set(key, place);
    }
    this.#put({ key, at, kind: 'desktop', title: wordsOfFact(fact) ?? '', timings: { totalMs: fact.launchMs } });
  }

  /** Puts an entry into its place: the one it has by its key, or the end. */
  #put(parts: Pick<Entry, 'key' | 'at' | 'kind' | 'title'> & Partial<Entry>): void {
    const entry: Entry = { turn: this.#turn, text: '', tone: 'plain', mark: null, effect: null, timings: null, before: null, after: null, approvalId: null, ...parts };
    const place = this.#places.get(entry.key);
    if (place === undefined) {
      this.#places.set(entry.key, this.entries.length);
      this.entries.push(entry);
    } else this.entries[place] = { ...entry, at: this.entries[place]?.at ?? entry.at };
  }
}
