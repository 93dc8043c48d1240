import type { AnswerFormat, AnswerRules, CallerTool, EarlierMessage } from './transcript.ts';

/**
 * A request for computer use as a server received it, in no vendor's shape. Each dialect's server side reads its own
 * bodies into this; the gateway makes runs of it and knows no vendor's fields.
 */

/** The screen tool that a request carries, as its `type` says it: `computer`, `computer_20241022`, `computer_toolset_20260801`, … */
export type WantedComputer = {
  readonly type: string;
  /** The display that was asked for, in pixels; null where the form has no size or none was given. */
  readonly display: { readonly width: number; readonly height: number } | null;
};

/** An answer to a call of one of the caller's functions. */
export type ReceivedAnswer = { readonly callId: string; readonly output: string; readonly isError: boolean };

/** What a request asks for, whatever endpoint it came to. */
export type ReceivedTask = {
  /** The model's name as it was sent; it is echoed. */
  readonly model: string;
  /** Null when the request has no tool for a screen. */
  readonly computer: WantedComputer | null;
  /** Text of the last user message (several in a row are joined by blank lines); empty when the request only answers calls. */
  readonly task: string;
  /** Pictures of that message, as `data:` URLs. */
  readonly pictures: readonly string[];
  /** What was said before it, oldest first: turns of user and assistant with text or pictures. Calls of the caller's functions and their answers stand there as text. */
  readonly earlier: readonly EarlierMessage[];
  /** Texts of system and developer messages, or `instructions`, or `system`, joined by blank lines; null if there are none. */
  readonly instructions: string | null;
  /** The caller's own functions, in order. */
  readonly callerTools: readonly CallerTool[];
  /** Answers to calls that stand after the last turn of the assistant: results of `tool` messages, `function_call_output`, `tool_result`. */
  readonly answers: readonly ReceivedAnswer[];
  /** Whether the request carries a tool for a shell (`bash_*`) and for files (`text_editor_*`). */
  readonly wantsShell: boolean;
  readonly wantsFiles: boolean;
  readonly answerFormat: AnswerFormat | null;
  /** What holds for each answer of the model; empty if the request says nothing of them. */
  readonly answerRules: AnswerRules;
  readonly stream: boolean;
  /** Chat completions' `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** Whether the response, and the desktop, are to be kept for a follow-up. True unless the request says no. */
  readonly store: boolean;
  readonly background: boolean;
  readonly previousResponseId: string | null;
  /** Free labels, as given. Names with `vitrine_` are directions to the gateway. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Known fields that cannot be honoured, each with a sentence that says what to send: they are refused by name. */
  readonly unsupported: readonly { readonly param: string; readonly message: string }[];
  /** What the answer repeats of the request, in the fields of its endpoint. */
  readonly echo: Readonly<Record<string, unknown>>;
  /** The part of it that a request which answers calls says anew, null where it does not say it. */
  readonly echoAnew: Readonly<Record<string, unknown>>;
};

/** Why a body is no request of its dialect: where, and what is wrong. The dialect prints it in its vendor's shape. */
export type ReceivedProblem = { readonly message: string; readonly param: string | null; readonly code: string | null };

/** A body read: the task, or why there is none. */
export type ReadTask = { readonly received: ReceivedTask } | { readonly problem: ReceivedProblem };

/** A message that an earlier request here began with or its answer ended with, by the id that its item had; undefined for one that is not known. */
export type Recall = (itemId: string) => EarlierMessage | undefined;

/** The types of the vendors' tools for a screen, dated ones included. */
export const computerTypes = /^(?:computer|computer-preview|computer[-_]use|computer_use_preview|computer_\d{8}|computer_toolset_\d{8})$/;
export const shellTypes = /^bash_\d{8}$/;
export const filesTypes = /^text_editor_\d{8}$/;
