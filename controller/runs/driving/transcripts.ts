import type { Journal } from '../../journal/journal.ts';
import { RunEvent } from '../run-event.ts';
import type { RunFact } from '../run-event.ts';
import { growTranscript } from './growing-transcript.ts';
import type { GrowingTranscript, Told } from './growing-transcript.ts';

/** Characters that the transcripts of all live runs may hold together. */
const maxCharacters = 64 * 1024 * 1024;
const pageSize = 500;

export type TranscriptsOptions = { readonly journal: Pick<Journal, 'run' | 'events'>; readonly maxCharacters?: number };

/**
 * What the models of live runs are told. A transcript is kept while its run lives and grows by each committed fact, so
 * that a question costs the same however long the run is. One that is not kept is read from the journal, with the same
 * result: after a restart, and where all together would hold too much; then those go that were asked for longest ago.
 */
export class Transcripts {
  readonly #journal: TranscriptsOptions['journal'];
  readonly #maxCharacters: number;
  /** In the order in which they were asked for. */
  readonly #kept = new Map<string, GrowingTranscript>();

  constructor(options: TranscriptsOptions) {
    this.#journal = options.journal;
    this.#maxCharacters = options.maxCharacters ?? maxCharacters;
  }

  /** How many are kept. */
  get count(): number {
    return this.#kept.size;
  }

  /** Takes the facts of a commit, which are in the journal by now. */
  record(runId: string, facts: readonly RunFact[]): void {
    const kept = this.#kept.get(runId);
    if (kept !== undefined) for (const fact of facts) kept.add(fact);
  }

  /** What the run's model is told now. */
  told(runId: string): Told {
    const transcript = this.#kept.get(runId) ?? this.#read(runId);
    this.#kept.delete(runId);
    this.#kept.set(runId, transcript);
    this.#trim();
    return transcript.told();
  }

  /** The run is over. */
  drop(runId: string): void {
    this.#kept.delete(runId);
  }

  #read(runId: string): GrowingTranscript {
    const transcript = growTranscript();
    const project = this.#journal.run(runId)?.project;
    if (project === undefined) return transcript;
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = this.#journal.events({ project, runId, after, limit: pageSize });
      for (const event of page) transcript.add(RunEvent.parse(event).fact);
      after = page.length < pageSize ? undefined : page.at(-1)?.sequence;
    }
    return transcript;
  }

  #trim(): void {
    let all = 0;
    for (const { size } of this.#kept.values()) all += size;
    for (const [runId, { size }] of this.#kept) {
      if (all <= this.#maxCharacters) return;
      this.#kept.delete(runId);
      all -= size;
    }
  }
}
