import type { Run } from '../../../controller/runs/run.ts';
import type { Crashed, Scenario } from './crash-case.ts';
import { compareWitness, intendedActions } from './compare-witness.ts';
import type { CrashWorld } from './crash-world.ts';
import { brokenAtAnyMoment, brokenAtTheEnd, factsOf } from './invariants.ts';
import type { StoredHistory } from './journal-reader.ts';
import { markOf, quickly, workScript } from './scripts.ts';
import type { WitnessDesk } from './witness-desk.ts';

const letterPath = 'Given/letter.txt';

/** Runs on one desktop with a witness, one after another, each interrupted as the controller's plan has it. */
export class WorkedDesk implements Scenario {
  readonly world: CrashWorld;
  readonly desk: WitnessDesk;
  readonly #extra: object;
  #use = 0;
  #seen = 0;

  constructor(world: CrashWorld, desk: WitnessDesk, extra: object = {}) {
    this.world = world;
    this.desk = desk;
    this.#extra = extra;
  }

  /** Gives the next task and follows it until the controller or the run is over. */
  async work(): Promise<Crashed> {
    this.#use += 1;
    const files = [{ upload: await this.world.upload(this.#letter), path: letterPath }];
    const run = await this.world.begin(this.#name, workScript(this.#use), { ...quickly, desktopId: this.desk.desktopId, files, ...this.#extra });
    const ended = run && (await this.world.follow(run.id));
    if (ended !== undefined) return { isReached: false, history: this.world.history(ended.id) };
    await this.world.over();
    return { isReached: true, history: this.world.runOf(this.#name) };
  }

  /** What is wrong with the run as it stands between two lives. */
  async brokenNow(history: StoredHistory): Promise<string[]> {
    return [...brokenAtAnyMoment(history), ...(await this.#brokenAtWitness(history))];
  }

  /** Follows the interrupted run to its end. Undefined when the controller is over before. */
  async recover(history: StoredHistory): Promise<Run | undefined> {
    return this.world.follow(history.view.id);
  }

  /** What is wrong with a run that is over, and with what it left behind. */
  async brokenAtTheEnd(runId: string): Promise<string[]> {
    const history = this.world.history(runId);
    const { acknowledged, vendor } = this.world;
    const pressed = await this.#pressed();
    const asked = vendor.asked.filter(({ task }) => task === this.#name);
    const broken = brokenAtTheEnd(history, { pressed, begun: await this.desk.begun(), acknowledged, asked });
    const marks = (await this.desk.lines('marks')).filter((line) => line === markOf(this.#use)).length;
    const isDone = factsOf(history.events, 'tool.ended').some(({ isError }) => !isError);
    if (marks > 1 || (isDone && marks === 0)) broken.push(`I1: the tool ran ${marks} times`);
    const letter = await this.desk.lines(letterPath);
    if (letter.join() !== this.#letter) broken.push(`its file holds ${letter.join()}`);
    const containers = this.world.containers();
    if (containers.join() !== this.desk.desktopId) broken.push(`I9: the engine has ${containers.join(', ')}`);
    this.#seen += pressed.length;
    return broken;
  }

  async skip(): Promise<void> {
    this.#seen = (await this.desk.pressed()).length;
  }

  get #letter(): string {
    return `Dear reader of ${this.#name}`;
  }

  get #name(): string {
    return `work-${this.#use}`;
  }

  /** Nothing may have been pressed but what the journal had decided by then, in that order. */
  async #brokenAtWitness({ events }: StoredHistory): Promise<string[]> {
    const { lost, twice } = compareWitness(intendedActions(events), await this.#pressed());
    return [...lost.map((what) => `I4: ${what}`), ...twice.map((what) => `I1, I5: ${what}`)];
  }

  async #pressed(): Promise<string[]> {
    return (await this.desk.pressed()).slice(this.#seen);
  }
}
