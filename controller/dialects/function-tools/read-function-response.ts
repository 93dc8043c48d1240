import type { Turn } from '../transcript.ts';
import { functionCallsOf, openResponse, turnFrom } from '../openai-responses/read-response.ts';
import { readFunctionCalls } from './read-function-calls.ts';
import type { FunctionOptions } from './read-function-calls.ts';

/**
 * A response of the Responses API in which the screen is a function, as a turn. Throws VitrineError `model_failed` for what
 * is no response, and for a response that failed.
 */
export function readFunctionResponse(body: unknown, options: FunctionOptions): Turn {
  const response = openResponse(body);
  const found = functionCallsOf(response);
  if (found.length === 0) return turnFrom(response, []);
  const { calls, finals } = readFunctionCalls(found, options);
  const words = finals.filter((word) => word !== '');
  const turn = turnFrom(response, calls, words);
  return finals.length > 0 && words.length === 0 && turn.message === null ? { ...turn, unfinished: null, message: turn.refusal === null ? 'Done.' : null } : turn;
}
