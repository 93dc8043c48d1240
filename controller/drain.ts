import type { Health } from './api/health.ts';

/** How the time until the exit is divided, as shares of it: an action in flight may end, then answers under way may. The rest is for desktops and files. */
const actionsShare = 0.5;
const answersShare = 0.15;
const maxAnswersMs = 5000;

/** Whether the controller is stopping, and how long each part of that may take. */
export class Drain {
  readonly #totalMs: number;
  #isDraining = false;

  constructor(totalMs: number) {
    this.#totalMs = totalMs;
  }

  readonly isDraining = (): boolean => this.#isDraining;

  begin(): void {
    this.#isDraining = true;
  }

  /** How long actions in flight may take to end; their runs are parked then, and go on with the next start. */
  get actionsMs(): number {
    return this.#totalMs * actionsShare;
  }

  /** How long requests under way may take to be answered. */
  get answersMs(): number {
    return Math.min(maxAnswersMs, this.#totalMs * answersShare);
  }

  /** The readiness of a controller, which a stopping one does not have. */
  readiness(health: Health): Health {
    return async () => {
      const { checks, ...rest } = await health();
      if (!this.#isDraining) return { ...rest, checks };
      return { ...rest, ready: false, checks: [...checks, { name: 'draining', ok: false, reason: 'the controller is stopping; its runs go on with the next start' }] };
    };
  }
}
