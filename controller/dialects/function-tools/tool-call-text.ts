import { z } from 'zod';
import type { FoundCall } from './read-function-calls.ts';

/** Text of an answer, divided: what was thought, what was said, and the calls written into it. */
export type DividedText = { readonly thought: string; readonly said: string; readonly calls: readonly FoundCall[] };

const writtenCall = /<tool_call>([\s\S]*?)(?:<\/tool_call>|(?=<tool_call>)|$)/g;
const Written = z.looseObject({ name: z.string().optional(), arguments: z.unknown().optional(), parameters: z.unknown().optional(), action: z.unknown().optional() });

/**
 * Divides `<think>…</think>` and `<tool_call>{"name", "arguments"}</tool_call>` from the rest. The template may have opened the
 * thinking itself, and a stop word may have taken the end of the last call. Calls are numbered into ids by `idOf`.
 */
export function divideText(text: string, idOf: (index: number) => string): DividedText {
  const end = text.lastIndexOf('</think>');
  const thought = end === -1 ? (/^\s*<think>/.test(text) ? text : '') : text.slice(0, end);
  const rest = end === -1 ? text.slice(thought.length) : text.slice(end + '</think>'.length);
  const calls = [...rest.matchAll(writtenCall)].map((match, index) => readWritten(match[1] ?? '', idOf(index)));
  return { thought: thought.replaceAll(/<\/?think>/g, '').trim(), said: rest.replaceAll(writtenCall, '').trim(), calls };
}

/** Whether a text begins or holds a written call. */
export function holdsWrittenCall(text: string): boolean {
  return text.includes('<tool_call>');
}

function readWritten(text: string, callId: string): FoundCall {
  const none = { callId, name: '', arguments: {} };
  let value: unknown;
  try {
    value = JSON.parse(text.trim().replace(/^```(?:json)?\s*|\s*```$/g, ''));
  } catch (error) {
    return { ...none, problem: `the tool call is no JSON (${error instanceof Error ? error.message.slice(0, 120) : 'unreadable'}): write {"name": …, "arguments": {…}}` };
  }
  const written = Written.safeParse(value);
  if (!written.success) return { ...none, problem: 'the tool call is no object: write {"name": …, "arguments": {…}}' };
  const { name, arguments: given, parameters, action } = written.data;
  if (name !== undefined) return { callId, name, arguments: given ?? parameters ?? {} };
  if (action !== undefined) return { callId, name: 'computer', arguments: written.data };
  return { ...none, problem: 'the tool call has no name: write {"name": …, "arguments": {…}}' };
}
