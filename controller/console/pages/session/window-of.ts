/** Which rows of a long list are worth drawing, and where. All lengths in pixels. */
export type RowWindow = {
  /** The first row to draw, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Where the first one begins, and how long the whole list is. */
  readonly offset: number;
  readonly total: number;
};

/** The heights of a list's rows, of which any may be asked where it lies. Rows are only ever added, or replaced in place. */
export class RowOffsets {
  /** `#starts[n]` is where row n begins; one more than there are rows. */
  readonly #starts: number[] = [0];

  get count(): number {
    return this.#starts.length - 1;
  }

  get total(): number {
    return this.startOf(this.count);
  }

  startOf(row: number): number {
    return this.#starts[Math.max(0, Math.min(row, this.count))] ?? 0;
  }

  /** Appends rows until there are as many as there are heights. */
  extend(heights: (row: number) => number, count: number): void {
    for (let row = this.count; row < count; row += 1) this.#starts.push(this.total + heights(row));
  }

  /** Forgets everything, for another list or other heights. */
  clear(): void {
    this.#starts.length = 1;
  }

  /** The row that lies at this height; the nearest one beyond the ends. */
  rowAt(y: number): number {
    let low = 0;
    let high = Math.max(0, this.count - 1);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.startOf(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The rows that are visible when the list is scrolled to `scrollTop`, and `overscan` pixels more on either side. */
  windowAt(scrollTop: number, height: number, overscan: number): RowWindow {
    if (this.count === 0) return { from: 0, to: 0, offset: 0, total: 0 };
    const from = this.rowAt(scrollTop - overscan);
    const to = Math.min(this.count, this.rowAt(scrollTop + height + overscan) + 1);
    return { from, to, offset: this.startOf(from), total: this.total };
  }
}

/** Whether a list that is scrolled so shows its end, give or take a few pixels. */
export function isAtEnd(scrollTop: number, height: number, total: number): boolean {
  return scrollTop + height >= total - 8;
}
