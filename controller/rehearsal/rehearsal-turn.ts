import { randomInt, randomUUID } from 'node:crypto';
import { askPersonFunction, beforeAnswer } from '../dialects/ask-person.ts';
import { computerCall, functionCall, message, reasoning, refusal } from '../dialects/openai-responses/printed-response.ts';
import type { OutputItem } from '../dialects/openai-responses/printed-response.ts';
import type { ReceivedItem, ReceivedRequest } from '../dialects/openai-responses/received-request.ts';
import { invalidRequest } from '../dialects/openai-responses/vendor-problem.ts';
import type { VendorProblem } from '../dialects/openai-responses/vendor-problem.ts';
import { failedCall } from '../dialects/desktop-functions.ts';
import { deniedTurn } from '../dialects/openai-responses/write-input.ts';
import { play } from './play.ts';
import type { Before, Move } from './play.ts';
import { decodeState, encodeState } from './play-state.ts';
import type { PlayState } from './play-state.ts';
import type { ScreenReader } from './read-screen.ts';
import { findScript } from './script.ts';
import type { Script } from './script.ts';

/** The output items that answer a request, or why there are none. */
export type RehearsalTurn = { readonly output: readonly OutputItem[] } | { readonly problem: VendorProblem };

/** One turn of the script that knows the task. Nothing is remembered between requests. */
export async function rehearseTurn(scripts: readonly Script[], request: ReceivedRequest, reader: ScreenReader): Promise<RehearsalTurn> {
  const found = findScript(scripts, request.task);
  if (found === undefined) return { problem: unknownTask(scripts) };
  const first = found.script.steps[0];
  if (first === undefined) return { problem: unknownTask(scripts) };

  const denied = said(request.items, deniedTurn).at(-1);
  if (denied !== undefined) return { output: [refusal(id('msg'), `I was not allowed to go on. ${denied}`)] };
  const memory = lastState(request.items);
  if ('problem' in memory) return memory;
  const state = memory.state ?? { script: found.script.name, step: first.name, phase: 'entering' as const, tries: 0, values: { ...found.values, mark: mark() } };
  if (state.script !== found.script.name) return { problem: invalidRequest(`the history belongs to the script ${state.script}, the task to ${found.script.name}`, 'input') };
  if (request.latestPicture === null) return { output: look(state, callCount(request.items)) };

  const screen = await reader.open(request.latestPicture.bytes).catch(() => undefined);
  if (screen === undefined) return { problem: invalidRequest('The image data you provided does not represent a valid image.', 'input', 'invalid_image') };
  const move = await play(found.script, state, screen, lastOutcome(request.items));
  if (move.kind === 'ask' && !request.functions.includes(askPersonFunction.name)) return { output: [refusal(id('msg'), `I would have to ask a person: ${move.question} Let me (tools: ["ask_person"]).`)] };
  return { output: printMove(move, callCount(request.items)) };
}

function printMove(move: Move, serial: number): OutputItem[] {
  if (move.kind === 'answer') return [message(id('msg'), move.text)];
  if (move.kind === 'refuse') return [refusal(id('msg'), move.text)];
  const { state } = move;
  const callId = `call_${state.script}_${state.step}_${state.tries}_${serial}`.slice(0, 64);
  return [
    reasoning(id('rs'), `${state.script}: ${state.step}`, encodeState(state)),
    ...(move.say === '' ? [] : [message(id('msg'), move.say, 'commentary')]),
    move.kind === 'ask'
      ? functionCall(id('fc'), callId, askPersonFunction.name, { question: move.question, choices: move.choices })
      : computerCall(id('cu'), callId, move.actions, move.check === undefined ? [] : [{ id: id('cu_sc'), ...move.check }]),
  ];
}

/** A task without a picture: the first thing to do is to look. */
function look(state: PlayState, serial: number): OutputItem[] {
  return [
    reasoning(id('rs'), `${state.script}: looking`, encodeState(state)),
    computerCall(id('cu'), `call_${state.script}_look_0_${serial}`, [{ type: 'screenshot' }]),
  ];
}

type Memory = { readonly state: PlayState | undefined } | { readonly problem: VendorProblem };

function lastState(items: readonly ReceivedItem[]): Memory {
  const lastCall = items.findLastIndex(isCall);
  if (lastCall === -1) return { state: undefined };
  const thought = items.slice(0, lastCall).findLast((item) => item.kind === 'reasoning');
  const state = thought?.kind === 'reasoning' && thought.encrypted !== null ? decodeState(thought.encrypted) : undefined;
  if (state !== undefined) return { state };
  return { problem: invalidRequest("Item of type 'computer_call' was provided without its required 'reasoning' item and its encrypted_content: replay every output item, in order.", 'input') };
}

function lastOutcome(items: readonly ReceivedItem[]): Before {
  const last = items.findLast((item) => item.kind === 'output' || item.kind === 'function_output');
  if (last?.kind === 'function_output') return last.text.startsWith(beforeAnswer) ? { failed: false, answer: last.text.slice(beforeAnswer.length) } : { failed: true, said: last.text };
  const lastOutput = items.findLastIndex((item) => item.kind === 'output');
  const failure = said(items.slice(lastOutput + 1), failedCall)[0];
  return lastOutput === -1 || failure === undefined ? { failed: false } : { failed: true, said: failure };
}

function said(items: readonly ReceivedItem[], beginning: string): string[] {
  return items.flatMap((item) => (item.kind === 'message' && item.role === 'developer' && item.text.startsWith(beginning) ? [item.text] : []));
}

function isCall({ kind }: ReceivedItem): boolean {
  return kind === 'call' || kind === 'function_call';
}

function callCount(items: readonly ReceivedItem[]): number {
  return items.filter(isCall).length;
}

/** Four digits by which a script tells what it wrote itself from what stood there: `{{mark}}`. */
function mark(): string {
  return String(randomInt(1000, 10_000));
}

function id(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '')}`;
}

function unknownTask(scripts: readonly Script[]): VendorProblem {
  const examples = scripts.map((script) => `"${script.example}"`).join('; ');
  return invalidRequest(
    `the rehearsal model plays written scripts and knows only tasks like these: ${examples}. For any other task configure a real model: set OPENAI_API_KEY (or OPENAI_API_KEY_FILE)`,
    'input',
    'unknown_task',
  );
}
