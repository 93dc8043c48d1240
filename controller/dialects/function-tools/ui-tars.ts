import type { Action, Point } from '../../../sandbox-image/wire/index.ts';
import { pointsOf } from '../../../sandbox-image/wire/index.ts';
import type { Call, CallResult, Turn } from '../transcript.ts';
import { aboutFormat, writeTranscript } from './write-chat.ts';
import type { ChatToWrite, WrittenChat } from './write-chat.ts';
import { createConversation, textPart } from './conversation.ts';
import { readQuestion } from '../ask-person.ts';
import { resultText } from '../desktop-functions.ts';
import { callIdOf, reasoningOf, textOf } from './read-chat.ts';
import type { ChatAnswer, ReadAnswer } from './read-chat.ts';
import { callOf, wrong } from './read-function-calls.ts';
import type { FunctionOptions } from './read-function-calls.ts';
import { readComputerCall } from './read-computer-call.ts';
import type { Arguments } from './lenient-values.ts';

/*
 * The text form of UI-TARS. One exchange:
 *
 *   → user: instruction + action space + picture
 *   ← assistant: "Thought: I open the menu.\nAction: click(start_box='(412,300)')"
 *   → user: picture
 *   ← assistant: "Thought: It is done.\nAction: finished(content='42')"
 */

/** What is told of the form, in the words of the vendor's prompt. */
const actionSpace = [
  '## Output Format', '```\nThought: ...\nAction: ...\n```', '',
  '## Action Space',
  "click(start_box='(x1,y1)')", "left_double(start_box='(x1,y1)')", "right_single(start_box='(x1,y1)')", "drag(start_box='(x1,y1)', end_box='(x3,y3)')",
  "hotkey(key='ctrl c')", "type(content='xxx') # Use escape characters \\', \\\", and \\n in content. Use \\n at the end of content to submit it.",
  "scroll(start_box='(x1,y1)', direction='down or up or right or left')", 'wait() # Wait 5 seconds and look again.',
  "finished(content='xxx') # The task is done; content is the final message.", 'call_user() # Ask the user, when the task cannot be solved without.',
].join('\n');

/** What an action may be called. `left_single` is what some of its versions say for `click`. */
export const uiTarsActions = ['click', 'left_single', 'left_double', 'right_single', 'drag', 'hotkey', 'type', 'scroll', 'wait', 'finished', 'call_user'] as const;

/** How far one scroll goes, in notches, and how long one wait lasts: the vendor's own code does the same. */
const scrollNotches = 5;
const waitSeconds = 5;

/** A transcript as a chat in the text form. */
export function writeUiTarsChat(chat: ChatToWrite): WrittenChat {
  const { transcript, pictures, offer } = chat;
  const format = offer.answerFormat === null ? [] : [aboutFormat(offer.answerFormat)];
  const conversation = createConversation(pictures);
  conversation.add({ role: 'system', content: [chat.briefing, 'You are a GUI agent. You are given a task and your action history, with screenshots. You need to perform the next action to complete the task.', actionSpace, ...format].join('\n\n') });
  writeTranscript(conversation, transcript, (turn, results) => writeTurn(conversation, turn, results));
  return { messages: conversation.messages() };
}

function writeTurn(conversation: ReturnType<typeof createConversation>, turn: Turn, results: ReadonlyMap<string, CallResult>): void {
  const message: unknown = turn.raw[0];
  const content: unknown = typeof message === 'object' && message !== null && 'content' in message ? message.content : '';
  conversation.add({ role: 'assistant', content: content ?? '' });
  for (const { callId } of turn.calls) {
    const text = resultText(results.get(callId));
    if (text !== 'ok') conversation.say(textPart(text));
  }
  conversation.show(turn.calls.map((call) => results.get(call.callId)?.frameId ?? null), '');
}

/** The thought and the actions of an answer; all actions are one call, performed in order. */
export const readUiTarsAnswer: ReadAnswer = (message, responseId, options) => {
  const text = textOf(message).replaceAll(/^\s*```\w*\n?|\n?```\s*$/g, '');
  const at = text.search(/(^|\n)\s*Action:/);
  const thought = (at === -1 ? text : text.slice(0, at)).replace(/^\s*(Thought|Reflection|Action_Summary):\s*/, '').trim();
  const answer = { thought: reasoningOf(message), said: thought, calls: [], finals: [] };
  if (text.trim() === '') return answer;
  const callId = callIdOf(responseId, 0);
  if (at === -1) return { ...answer, calls: [wrong(callId, 'there is no action: write one line "Thought: …" and one "Action: …"')] };
  const written = text.slice(at).replace(/^\s*Action:\s*/, '').split(/(?<=\))\s*\n\s*(?=\w+\()/).map((one) => one.trim()).filter((one) => one !== '');
  return { ...answer, ...readActions(written, callId, thought, options) };
};

function readActions(written: readonly string[], callId: string, thought: string, options: FunctionOptions): Pick<ChatAnswer, 'calls' | 'finals'> {
  if (options.offer.person && written.some((one) => one.startsWith('call_user('))) return { calls: [askingCall(written, callId, thought)], finals: [] };
  const actions: Action[] = [];
  let pointer: Point = options.frame.pointer;
  for (const one of written) {
    const read = readAction(one, thought, { ...options, pointer });
    const problem = 'problem' in read ? read.problem : 'final' in read && written.length > 1 ? 'finish in an answer of its own, when you have seen what your other actions did' : undefined;
    if (problem !== undefined) return { calls: [wrong(callId, problem)], finals: [] };
    if ('final' in read) return { calls: [], finals: [read.final] };
    if (!('action' in read)) continue;
    pointer = pointsOf(read.action).at(-1) ?? pointer;
    actions.push(read.action);
  }
  const call: Call = actions.length > 0 && actions.length <= 64 ? callOf(callId, actions) : wrong(callId, actions.length === 0 ? 'there is no action behind "Action:"' : 'more than 64 actions in one turn');
  return { calls: [call], finals: [] };
}

/** `call_user()` where a person can be asked: the thought is the question. */
function askingCall(written: readonly string[], callId: string, thought: string): Call {
  if (written.length > 1) return wrong(callId, 'ask the user in an answer of its own');
  return { callId, actions: [], safetyChecks: [], ...readQuestion({ question: thought === '' ? 'The model asks for help.' : thought.slice(0, 4000) }) };
}

function readAction(written: string, thought: string, options: FunctionOptions & { pointer: Point }): ReturnType<typeof readComputerCall> {
  const match = /^(\w+)\(([\s\S]*)\)$/.exec(written);
  if (match === null) return { problem: `the action cannot be read: ${written.slice(0, 120)}` };
  const [, called = '', inside = ''] = match;
  const name = uiTarsActions.find((one) => one === called);
  if (name === undefined) return { problem: `${called.slice(0, 60)}: unknown action: use ${uiTarsActions.join(', ')}` };
  const fields = fieldsOf(inside);
  if (name === 'finished') return { final: unescaped(fields['content'] ?? '') || thought };
  if (name === 'call_user') return { final: thought || unescaped(fields['content'] ?? '') || 'The model asks for help from a person.' };
  const translated = translate(name, fields);
  if (typeof translated === 'string') return { problem: `${name}: ${translated}` };
  const rest = inside.replaceAll(field, '').replaceAll(/[\s,]/g, '');
  if (rest !== '' && name !== 'wait') return { problem: `${name}: ${rest.slice(0, 60)} cannot be read: give each field as name='value'` };
  return readComputerCall(translated, options);
}

const field = /(\w+)\s*=\s*(['"])([\s\S]*?)\2(?=\s*(?:,\s*\w+\s*=\s*['"]|,?\s*$))/g;

function fieldsOf(inside: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...inside.matchAll(field)].map((match) => [match[1] ?? '', match[3] ?? '']));
}

/** The action in the words of the function `computer`, or why there is none. */
function translate(name: Exclude<(typeof uiTarsActions)[number], 'finished' | 'call_user'>, fields: Readonly<Record<string, string>>): Arguments | string {
  switch (name) {
    case 'click':
    case 'left_single':
      return aimed(fields, { action: 'click', button: 'left' });
    case 'left_double':
      return aimed(fields, { action: 'double_click' });
    case 'right_single':
      return aimed(fields, { action: 'right_click' });
    case 'drag':
      return readDrag(fields);
    case 'hotkey':
      return { action: 'keypress', keys: (fields['key'] ?? fields['hotkey'] ?? '').trim() };
    case 'type':
      return { action: 'type', text: unescaped(fields['content'] ?? '') };
    case 'scroll':
      return aimed(fields, { action: 'scroll', direction: fields['direction'] ?? '', amount: scrollNotches });
    case 'wait':
      return { action: 'wait', time: waitSeconds };
  }
}

function aimed(fields: Readonly<Record<string, string>>, rest: Arguments): Arguments | string {
  const point = centreOf(fields['start_box'] ?? fields['point'] ?? fields['start_point']);
  return point === undefined ? 'give start_box as (x,y) or [x1,y1,x2,y2]' : { ...rest, coordinate: [point.x, point.y] };
}

function readDrag(fields: Readonly<Record<string, string>>): Arguments | string {
  const start = centreOf(fields['start_box'] ?? fields['start_point']);
  const end = centreOf(fields['end_box'] ?? fields['end_point']);
  return start === undefined || end === undefined ? 'give start_box and end_box as (x,y) or [x1,y1,x2,y2]' : { action: 'drag', path: [start, end] };
}

/** A point, or the middle of a box. */
function centreOf(text: string | undefined): Point | undefined {
  const plain = text?.replaceAll(/<\|?[\w/]+\|?>/g, ' ') ?? '';
  if (!/^[\s\d.,()[\]-]*$/.test(plain)) return undefined;
  const numbers = (plain.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  const [x1, y1, x2 = x1, y2 = y1] = numbers;
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined || ![2, 4].includes(numbers.length)) return undefined;
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([n'"\\t])/g, (_whole, letter: string) => (letter === 'n' ? '\n' : letter === 't' ? '\t' : letter));
}
