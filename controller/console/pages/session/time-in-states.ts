import type { AnswerOf } from '../../../api/contract.ts';
import type { RunEvent } from './timeline-entry.ts';

type Run = AnswerOf<'GET /api/runs/{id}'>;
type RunState = Run['state'];
type Control = Run['control'];

/** How long a run has been in each state, and who was in control for how long; kept from its events. Milliseconds. */
export class TimeInStates {
  state: RunState = 'queued';
  control: Control = 'agent';
  /** Since when it is in this state; null before its first event and after its end. */
  #since: number | null = null;
  #controlSince: number | null = null;
  readonly #spent = new Map<RunState, number>();
  readonly #controlled = new Map<Control, number>();
  readonly #visits = new Map<RunState, number>();

  add({ at, fact }: RunEvent): void {
    if (fact.type === 'run.created') {
      this.#enter('queued', at);
      this.#controlSince = at;
    } else if (fact.type === 'state.changed') this.#enter(fact.to, at);
    else if (fact.type === 'control.changed') this.#pass(fact.control, at);
    else if (fact.type === 'run.ended') this.#end(at);
  }

  /** Time in a state up to now. */
  spentIn(state: RunState, now: number): number {
    const open = state === this.state && this.#since !== null ? Math.max(0, now - this.#since) : 0;
    return (this.#spent.get(state) ?? 0) + open;
  }

  /** How long somebody has been in control in all, up to now. */
  controlledBy(control: Control, now: number): number {
    const open = control === this.control && this.#controlSince !== null ? Math.max(0, now - this.#controlSince) : 0;
    return (this.#controlled.get(control) ?? 0) + open;
  }

  /** How often a state was entered. */
  visitsTo(state: RunState): number {
    return this.#visits.get(state) ?? 0;
  }

  /** Since when the run is in its state; null when it is over. */
  get since(): number | null {
    return this.#since;
  }

  #enter(state: RunState, at: number): void {
    if (this.#since !== null) this.#spent.set(this.state, (this.#spent.get(this.state) ?? 0) + at - this.#since);
    this.state = state;
    this.#since = at;
    this.#visits.set(state, this.visitsTo(state) + 1);
  }

  #pass(control: Control, at: number): void {
    if (this.#controlSince !== null) this.#controlled.set(this.control, (this.#controlled.get(this.control) ?? 0) + at - this.#controlSince);
    this.control = control;
    this.#controlSince = at;
  }

  #end(at: number): void {
    this.#pass(this.control, at);
    this.#controlSince = null;
    if (this.#since !== null) this.#spent.set(this.state, (this.#spent.get(this.state) ?? 0) + at - this.#since);
    this.#since = null;
  }
}
