import type { z } from 'zod';
import type { DesktopView } from '../../../controller/desktops/desktop.ts';
import type { Run, RunRequest } from '../../../controller/runs/run.ts';
import { waitFor } from '../../support/wait-for.ts';
import { ControllerProcess } from '../../support/controller-process.ts';
import { containerOf, containersOf, desktopsOf, mostMemoryMb, withoutDeadline } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { canaryKey } from './invariants.ts';
import { PlannedVendor } from './planned-vendor.ts';
import type { PlannedTurn } from './planned-vendor.ts';
import { WitnessedDesktop } from './witnessed-desktop.ts';

export type WorldOptions = {
  readonly environment?: Readonly<Record<string, string>>;
  /** Address of another engine than the machine's own. */
  readonly engine?: string;
  /** How the controller reaches the engine, if not directly. */
  readonly engineFor?: string;
  /** What has to be there before the controller starts. */
  readonly prepare?: (vendor: PlannedVendor) => Promise<void>;
};

/** What a run is given besides its plan: the desktop to work on, and whatever a request may hold. */
type Given = Partial<Omit<z.input<typeof RunRequest>, 'task' | 'model' | 'desktopId'>> & { readonly on?: WitnessedDesktop | undefined };

/** One controller process, one model server, and a desktop with a witness that rows use one after another while it lives. */
export class World implements AsyncDisposable {
  readonly vendor: PlannedVendor;
  readonly controller: ControllerProcess;
  readonly #engine: string | undefined;
  #desktop: WitnessedDesktop | undefined;
  readonly #given: { id: string; plan: string }[] = [];

  private constructor(vendor: PlannedVendor, controller: ControllerProcess, engine: string | undefined) {
    this.vendor = vendor;
    this.controller = controller;
    this.#engine = engine;
  }

  static async start({ environment = {}, engine, engineFor = engine, prepare }: WorldOptions = {}): Promise<World> {
    const vendor = await PlannedVendor.start();
    try {
      await prepare?.(vendor);
      const controller = await ControllerProcess.start(environmentFor(vendor, { ...(engineFor === undefined ? {} : { DOCKER_HOST: engineFor }), ...environment }));
      return new World(vendor, controller, engine);
    } catch (reason) {
      await vendor[Symbol.asyncDispose]();
      throw reason;
    }
  }

  /** The desktop that rows share; a new one when the last one is gone. */
  async desktop(): Promise<WitnessedDesktop> {
    if (this.#desktop !== undefined && await this.#isReady()) return this.#desktop;
    const { id } = await this.controller.post<DesktopView>('/api/desktops', {});
    this.#desktop = await WitnessedDesktop.open(id, await containerOf(id, this.#engine), this.#engine);
    return this.#desktop;
  }

  /** The id of the shared desktop, also while its controller does not answer. */
  async desktopId(): Promise<string> {
    return (this.#desktop ?? await this.desktop()).id;
  }

  async #isReady(): Promise<boolean> {
    return this.#desktop !== undefined && (await desktopsOf(this.controller, 'ready')).includes(this.#desktop.id);
  }

  /** Opens a witness on a run's own desktop. */
  async witness(desktopId: string): Promise<WitnessedDesktop> {
    return WitnessedDesktop.open(desktopId, await containerOf(desktopId, this.#engine), this.#engine);
  }

  /** Begins a row: only what is given from now on belongs to it. Runs that a failed row left behind are ended. */
  async begin(): Promise<void> {
    this.vendor.faults.length = 0;
    for (const { id } of this.#given.splice(0)) {
      const { endedAt } = await this.controller.post<Run>(`/api/runs/${id}/cancel`);
      if (endedAt === null) await this.controller.ended(id, 60_000);
    }
    if (await this.#isReady()) await this.#desktop?.forget();
  }

  /** Gives a run by plan, on the shared desktop if there is one in `on`. */
  async give(turns: readonly PlannedTurn[], { on, ...more }: Given = {}): Promise<Run & { readonly plan: string }> {
    const { name, task } = this.vendor.plan(turns);
    const run = await this.controller.post<Run>('/api/runs', { task, model: 'planned', ...(on === undefined ? {} : { desktopId: on.id }), ...more });
    this.#given.push({ id: run.id, plan: name });
    return { ...run, plan: name };
  }

  /** A run on the shared desktop that did its first turn and whose model thinks until `goOn` is called. */
  async thinking(turns: readonly PlannedTurn[]): Promise<{ readonly desktop: WitnessedDesktop; readonly run: Run & { readonly plan: string }; readonly goOn: () => void }> {
    const desktop = await this.desktop();
    const run = await this.give(turns, { on: desktop });
    const goOn = this.vendor.hold(run.plan, 1);
    await waitFor('the model is asked again', () => this.vendor.questions(run.plan).some(({ turn }) => turn === 1), 30_000);
    return { desktop, run, goOn };
  }

  /** A run that the row did not give by plan is looked at, too. */
  watch(runId: string): void {
    this.#given.push({ id: runId, plan: '' });
  }

  /** What can be found out now about the runs of the row and the shared desktop. */
  async evidence(): Promise<Evidence> {
    const { controller, vendor } = this;
    const runs = await Promise.all(this.#given.map(async ({ id, plan }) => {
      const events = await controller.events(id);
      const isWitnessed = events.some(({ fact }) => fact.type === 'desktop.ready' && fact.desktopId === this.#desktop?.id);
      return { view: await controller.run(id), events, questions: vendor.questions(plan), isWitnessed };
    }));
    const desktops = await desktopsOf(controller);
    const desktop = await this.#isReady() ? this.#desktop : undefined;
    return {
      runs, desktops,
      witnessed: desktop === undefined ? this.#desktop?.followed : await desktop.events(),
      ledger: await desktop?.ledger(),
      containers: await containersOf(controller.installId, this.#engine),
      unfinishedWithoutDeadline: withoutDeadline(controller.dataFolder),
      mostMemoryMb: mostMemoryMb(controller.pid),
      log: controller.log,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controller[Symbol.asyncDispose]();
    await this.vendor[Symbol.asyncDispose]();
  }
}

/** The environment of a controller whose model is this server. */
export function environmentFor(vendor: PlannedVendor, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'planned', OPENAI_API_KEY: canaryKey, VITRINE_MAX_DESKTOPS: '6', ...more };
}
