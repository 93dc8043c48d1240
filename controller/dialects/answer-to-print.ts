import type { Usage } from './transcript.ts';

/** A call of one of the caller's functions, under the id by which its answer comes back. */
export type PrintedCall = { readonly callId: string; readonly name: string; readonly arguments: string };

/** How far the answer to a request is. `waiting`: it ended with calls of the caller's functions. `incomplete`: the model's answers were cut off at their bound. */
export type AnswerStatus = 'queued' | 'in_progress' | 'waiting' | 'completed' | 'incomplete' | 'cancelled' | 'failed';

/** What answers a request, in no vendor's shape; each dialect's server side prints it as a body or as a stream. */
export type AnswerToPrint = {
  /** Without any vendor's prefix: letters, digits and `_`. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  /** The model's name as it was asked for. */
  readonly model: string;
  readonly status: AnswerStatus;
  /** What the model said on the way, oldest first, and what was waited for. */
  readonly thoughts: readonly string[];
  /** The final message, its part before it was cut off, or what was said beside calls of the caller's functions; null while there is none. */
  readonly text: string | null;
  /** The model's refusal, in its words. */
  readonly refusal: string | null;
  readonly calls: readonly PrintedCall[];
  /** Why it failed; the message is for people. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly usage: Usage;
  readonly metadata: Readonly<Record<string, string>>;
  readonly previousResponseId: string | null;
  readonly isBackground: boolean;
  /** What the request said and its answer repeats, in the fields of its endpoint. */
  readonly echo: Readonly<Record<string, unknown>>;
};

/**
 * One answer as a stream of server-sent events, each method giving the text to write. `begin` comes first, then any
 * number of `thought`, then `end` or `fail`, once.
 */
export interface AnswerStream {
  begin(answer: AnswerToPrint): string;
  /** Something said on the way; empty where the vendor's stream has no place for it. */
  thought(text: string): string;
  /** What keeps the connection open and no client takes for content. */
  keepAlive(): string;
  end(answer: AnswerToPrint): string;
  fail(answer: AnswerToPrint, message: string): string;
}
