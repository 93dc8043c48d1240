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
  const { calls: found, fault } = functionCallsOf(response);
  if (found.length === 0) return turnFrom(response, [], { fault });
  const { calls, finals } = readFunctionCalls(found, options);
  return turnFrom(response, calls, { finals });
}
