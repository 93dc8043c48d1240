/** What was restored: when the backup was made, and how many runs and files are in it. */
export type Restored = { readonly backupAt: number; readonly runs: number; readonly files: number };

/** Backups of everything that this installation remembers. */
export interface Backups {
  /** The whole as one file, while everything goes on. */
  backUp(): AsyncIterable<Uint8Array>;
  /**
   * Puts a backup in the place of everything: checked whole first, then all runs are parked and all desktops released.
   * Throws `unprocessable` for a backup that is not whole, `unavailable` when there is no room; nothing was changed then.
   */
  restore(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Restored>;
}
