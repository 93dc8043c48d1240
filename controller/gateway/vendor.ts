import type { AnswerStream, AnswerToPrint } from '../dialects/answer-to-print.ts';
import { printError } from '../dialects/anthropic-messages/printed-error.ts';
import { readMessagesTask } from '../dialects/anthropic-messages/received-request.ts';
import { messageStream, printMessage } from '../dialects/anthropic-messages/printed-message.ts';
import { completionStream, printCompletion } from '../dialects/openai-chat/printed-completion.ts';
import { readChatRequest } from '../dialects/openai-chat/received-request.ts';
import { answerStream, printAnswer } from '../dialects/openai-responses/printed-answer.ts';
import { readResponsesTask, referencesIn } from '../dialects/openai-responses/received-task.ts';
import type { ReadTask, Recall, ReceivedTask } from '../dialects/received-task.ts';
import type { VitrineError } from '../errors.ts';
import { printOpenAIFailure } from './failures.ts';
import type { Labels } from './labels.ts';

/** How one vendor's clients are spoken to, whatever they ask. */
export type Manner = {
  /** The header that names a request. */
  readonly requestIdHeader: 'x-request-id' | 'request-id';
  readonly printFailure: (failure: VitrineError, requestId: string) => unknown;
};

/** One endpoint that takes tasks: how its bodies are read and its answers printed. */
export type Endpoint = Manner & {
  readonly name: Labels['endpoint'];
  readonly path: string;
  readonly read: (body: unknown, recall: Recall) => ReadTask;
  /** The messages that a body refers to by their ids. */
  readonly references: (body: unknown) => readonly string[];
  readonly print: (answer: AnswerToPrint) => unknown;
  readonly stream: (task?: Pick<ReceivedTask, 'includeUsage'>) => AnswerStream;
};

export const openAI: Manner = { requestIdHeader: 'x-request-id', printFailure: printOpenAIFailure };
export const anthropic: Manner = { requestIdHeader: 'request-id', printFailure: (failure, requestId) => printError(failure.status, failure.message, requestId, failure.details?.['param']) };

export const responses: Endpoint = { ...openAI, name: 'openai-responses', path: '/responses', read: readResponsesTask, references: referencesIn, print: printAnswer, stream: answerStream };
const chat: Endpoint = { ...openAI, name: 'openai-chat', path: '/chat/completions', read: readChatRequest, references: () => [], print: printCompletion, stream: (task) => completionStream(task?.includeUsage ?? false) };
const messages: Endpoint = { ...anthropic, name: 'anthropic-messages', path: '/messages', read: readMessagesTask, references: () => [], print: printMessage, stream: messageStream };

export const endpoints: readonly Endpoint[] = [responses, chat, messages];

/** The manner of a request by its path, and by the header that only one vendor's clients send. */
export function mannerOf(path: string, hasAnthropicVersion: boolean): Manner {
  if (path.startsWith('/messages')) return anthropic;
  return hasAnthropicVersion && path.startsWith('/models') ? anthropic : openAI;
}
