/** How old a desktop is, and for how long nobody has asked anything of it; by the clock that only goes forward. */
export class DesktopUse {
  readonly #bornAt: number;
  #underWay = 0;
  #lastAt = performance.now();

  /** `ageMs`: how old the desktop is already. */
  constructor(ageMs: number) {
    this.#bornAt = performance.now() - Math.max(0, ageMs);
  }

  get ageMs(): number {
    return performance.now() - this.#bornAt;
  }

  /** 0 while something is under way. */
  get idleMs(): number {
    return this.#underWay > 0 ? 0 : performance.now() - this.#lastAt;
  }

  /** Something is under way until the returned function is called. */
  begin(): () => void {
    this.#underWay += 1;
    return () => {
      this.#underWay -= 1;
      this.#lastAt = performance.now();
    };
  }
}
