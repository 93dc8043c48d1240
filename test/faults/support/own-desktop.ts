import type { Run } from '../../../controller/runs/run.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Crashed, Scenario } from './crash-case.ts';
import type { CrashWorld } from './crash-world.ts';
import { brokenAtAnyMoment, brokenAtTheEnd, factsOf } from './invariants.ts';
import type { StoredHistory } from './journal-reader.ts';
import { outboxScript, quickly } from './scripts.ts';

/** How long a container that nobody needs may stay. */
const sweptMs = 30_000;

/** Runs that launch a desktop of their own, leave a file in its Outbox and release it. */
export class OwnDesktop implements Scenario {
  readonly world: CrashWorld;
  #use = 0;

  constructor(world: CrashWorld) {
    this.world = world;
  }

  async work(): Promise<Crashed> {
    this.#use += 1;
    const run = await this.world.begin(this.#name, outboxScript, quickly);
    const ended = run && (await this.world.follow(run.id));
    if (ended !== undefined) return { isReached: false, history: this.world.history(ended.id) };
    await this.world.over();
    return { isReached: true, history: this.world.runOf(this.#name) };
  }

  async brokenNow(history: StoredHistory): Promise<string[]> {
    return brokenAtAnyMoment(history);
  }

  async recover(history: StoredHistory): Promise<Run | undefined> {
    return this.world.follow(history.view.id);
  }

  async brokenAtTheEnd(runId: string): Promise<string[]> {
    const history = this.world.history(runId);
    const asked = this.world.vendor.asked.filter(({ task }) => task === this.#name);
    const broken = brokenAtTheEnd(history, { acknowledged: this.world.acknowledged, asked });
    const kept = history.view.artefacts.map(({ name }) => name).join();
    const isWritten = factsOf(history.events, 'tool.ended').some(({ isError }) => !isError);
    if (kept !== 'note.txt' && (isWritten || kept !== '')) broken.push(`I2: of the Outbox is kept: ${kept}`);
    const isSwept = await waitFor('no container', () => this.world.containers().length === 0, sweptMs).catch(() => false);
    if (!isSwept) broken.push(`I9: the engine still has ${this.world.containers().join(', ')}`);
    return broken;
  }

  async skip(): Promise<void> {}

  get #name(): string {
    return `own-${this.#use}`;
  }
}
