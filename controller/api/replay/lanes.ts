import type { RunEvent } from '../../runs/run-event.ts';
import type { Control, RunState } from '../../runs/run.ts';
import type { Film, Holder } from './film-shape.ts';

/** The states in which a run waits for somebody outside. */
const waiting: readonly RunState[] = ['awaitingSafetyAck', 'awaitingOperator', 'awaitingCaller'];
const ownStates: readonly RunState[] = ['queued', 'preparing', 'finishing', 'succeeded', 'failed', 'cancelled'];

type Stretch = { readonly from: number; readonly to: number };

/** The lanes beside a film, gathered from events oldest first. Stretches follow each other without gaps and differ from their neighbours. */
export class Lanes {
  readonly #control: (Film['control'][number])[] = [];
  readonly #states: (Film['states'][number])[] = [];
  readonly #open = new Set<string>();
  #state: RunState = 'queued';
  #who: Control = 'agent';
  #person: string | null = null;
  #isOver = false;

  add({ at, fact }: RunEvent): void {
    if (this.#isOver) return;
    switch (fact.type) {
      case 'run.created': this.#state = 'queued'; break;
      case 'state.changed':
        // A run that began before its first event was read was in `from`.
        if (this.#states.length === 0) this.#state = fact.from;
        this.#mark(at);
        this.#state = fact.to;
        this.#who = fact.control;
        break;
      case 'control.changed':
        this.#who = fact.control;
        this.#person = fact.control === 'operator' ? fact.by : null;
        break;
      case 'approval.opened': this.#open.add(fact.approval.id); break;
      case 'approval.ended': this.#open.delete(fact.approval.id); break;
      case 'run.ended': this.#isOver = true; break;
    }
    this.#mark(at);
  }

  /** Both lanes up to a moment. */
  upTo(end: number): Pick<Film, 'control' | 'states'> {
    return { control: closed(this.#control, end), states: closed(this.#states, end) };
  }

  #mark(at: number): void {
    const holder = this.#holder();
    const who = holder === 'person' ? this.#person : null;
    const last = this.#control.at(-1);
    if (last?.holder !== holder || last.who !== who) this.#control.push({ from: at, to: at, holder, who });
    if (this.#states.at(-1)?.state !== this.#state) this.#states.push({ from: at, to: at, state: this.#state });
  }

  #holder(): Holder {
    if (this.#who === 'operator') return 'person';
    if (ownStates.includes(this.#state)) return 'vitrine';
    if (this.#who === 'paused') return 'paused';
    if (this.#open.size > 0 || waiting.includes(this.#state)) return 'waiting';
    return 'agent';
  }
}

/** Each stretch up to the beginning of the next, the last one up to the end; those that lasted no time are dropped, except the last. */
function closed<Piece extends Stretch>(pieces: readonly Piece[], end: number): Piece[] {
  return pieces
    .map((piece, index) => ({ ...piece, to: Math.max(piece.from, pieces[index + 1]?.from ?? end) }))
    .filter((piece, index, all) => piece.to > piece.from || index === all.length - 1);
}
