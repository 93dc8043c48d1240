import type { Action, ActionOutcome, Display, Effect } from '../../sandbox-image/wire/index.ts';
import type { Approval } from '../approvals/approval.ts';
import type { DesktopTool } from '../dialects/transcript.ts';
import type { Contact } from '../gate/contact.ts';
import type { HostRule } from '../gate/host-rule.ts';
import type { NetworkPolicy } from '../gate/network-policy.ts';
import type { RuleMatch } from '../policy/rule.ts';
import type { OperatorAction } from '../runs/control/operator-action.ts';
import type { RunFact } from '../runs/run-event.ts';

/** Everything of a run in words for people: the one place, used by the CLI and the replay. All of it is plain text, to be escaped by whoever shows it. */

/** An action as one would tell somebody to do it: `Double-click at 412,300 holding ctrl`. Texts are shortened. */
export function wordsOfAction(action: Action): string {
  switch (action.type) {
    case 'screenshot': return 'Look at the screen';
    case 'zoom': return `Look closely at ${wordsOfRegion(action.region)}`;
    case 'move': return `Move to ${action.x},${action.y}${holding(action.modifiers)}`;
    case 'click': return `${clickVerb(action.button, action.count)}${place(action)}${holding(action.modifiers)}`;
    case 'mouse_down': return `Press the ${action.button} button${place(action)}`;
    case 'mouse_up': return `Let go of the ${action.button} button${place(action)}`;
    case 'drag': return `${action.button === 'left' ? 'Drag' : `Drag with the ${action.button} button`} ${route(action.path)}${holding(action.modifiers)}`;
    case 'scroll': return `Scroll ${scrollWords(action.dx, action.dy)}${place(action)}${holding(action.modifiers)}`;
    case 'type': return `Type ${quoted(action.text)}`;
    case 'key': return `Press ${chord(action.keys)}${action.repeat > 1 ? ` ${action.repeat} times` : ''}`;
    case 'key_down': return `Hold down ${keyName(action.key)}`;
    case 'key_up': return `Let go of ${keyName(action.key)}`;
    case 'hold': return `Hold ${chord(action.keys)} for ${duration(action.ms)}`;
    case 'wait': return `Wait ${duration(action.ms)}`;
    case 'cursor': return 'Ask where the pointer is';
  }
}

/** What an action came to: what changed on the screen, or why it was not performed. */
export function wordsOfOutcome(outcome: Pick<ActionOutcome, 'status' | 'error' | 'effect' | 'settled' | 'typedCharacters'>): string {
  const why = outcome.error === undefined ? '' : `: ${outcome.error.message}`;
  switch (outcome.status) {
    case 'performed': return `${wordsOfEffect(outcome.effect)}${outcome.settled ? '' : ', still changing'}`;
    case 'refused': return `refused${why}`;
    case 'failed': return `failed${outcome.typedCharacters === undefined ? '' : ` after ${outcome.typedCharacters} characters`}${why}`;
    case 'unknown': return `nobody knows whether it was done${why}`;
  }
}

/** What changed on the screen. */
export function wordsOfEffect(effect: Effect): string {
  if (effect.kind === 'nothing') return 'nothing changed';
  const percent = effect.share * 100;
  return `changed ${percent < 0.1 ? 'less than 0.1' : percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} % in ${wordsOfRegion(effect.region)}`;
}

/** A time span: `840 ms`, `12.4 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** An event in one line; undefined for those that only carry what others say (frames, asked models, intents). */
export function wordsOfFact(fact: RunFact): string | undefined {
  switch (fact.type) {
    case 'run.created': return `${fact.driver === 'model' ? `Task for ${fact.model ?? 'a model'}` : 'Direct actions'} by ${fact.by}: ${shortened(fact.request.task, 200)}`;
    case 'state.changed': return `${stateWords[fact.to] ?? fact.to}${fact.reason === undefined ? '' : `: ${fact.reason}`}`;
    case 'control.changed': return `${controlWords[fact.control]} (${fact.by})${fact.reason === undefined ? '' : `: ${fact.reason}`}`;
    case 'control.fenced': return fencedWords(fact);
    case 'control.requested': return `${fact.by} asks for control${fact.reason === undefined ? '' : `: ${fact.reason}`}`;
    case 'operator.acted': return `${fact.by}: ${wordsOfOperatorAction(fact.action)} → ${wordsOfOutcome({ status: fact.outcome.status, effect: fact.outcome.effect, settled: true, ...(fact.outcome.error === null ? {} : { error: fact.outcome.error }) })}`;
    case 'desktop.stage': return `Desktop: ${fact.time.stage} after ${duration(fact.time.ms)}`;
    case 'desktop.waits': return `The desktop waits: ${fact.reason}`;
    case 'desktop.ready': return `The desktop is ready in ${duration(fact.launchMs)}: ${wordsOfDisplay(fact.display)}, ${fact.desktopId}`;
    case 'desktop.ended': return `The desktop is ${fact.kind}: ${fact.reason}`;
    case 'run.started_over': return `The desktop was lost (${fact.reason}): the run begins anew on a fresh one, for the ${['first', 'second', 'third'][fact.count - 1] ?? 'last'} time`;
    case 'clock.jumped': return `The machine's clock was set ${duration(Math.abs(fact.driftMs))} ${fact.driftMs > 0 ? 'forward' : 'back'}: everything that is due is due so much ${fact.driftMs > 0 ? 'later' : 'earlier'}`;
    case 'model.answered': return answerWords(fact);
    case 'model.failed': return `The model failed after ${duration(fact.ms)}: ${fact.message}`;
    case 'model.lost': return `The controller ended while the model was asked: ${fact.tokens} tokens are charged for the lost answer, and it is asked again`;
    case 'action.ended': return `${wordsOfAction(fact.action)}${fact.editedBy === undefined ? '' : ` (edited by ${fact.editedBy})`} → ${wordsOfOutcome(fact.outcome)}`;
    case 'tool.ended': return `${wordsOfTool(fact.tool)} → ${fact.isError ? 'error: ' : ''}${shortened(fact.output, 200)}`;
    case 'caller.asked': return `The caller is asked: ${fact.asked.map(({ name, arguments: given }) => `${name}(${shortened(given, 100)})`).join(', ')}`;
    case 'caller.answered': return `The caller answered: ${fact.answers.map(({ output }) => shortened(output, 100)).join(', ')}`;
    case 'policy.judged': return fact.matches.map(wordsOfMatch).join('; ');
    case 'approval.opened': return `A person has to decide (${kindWords[fact.approval.kind]}): ${wordsOfApproval(fact.approval)}`;
    case 'approval.ended': return [`${endWordOf(fact.approval)}${fact.approval.decidedBy === null ? '' : ` by ${fact.approval.decidedBy}`}${fact.approval.reason === null ? '' : `: ${fact.approval.reason}`}`, ...wordsOfEdits(fact.approval)].join('; ');
    case 'network.decided': return wordsOfContact(fact.contact);
    case 'network.changed': return `${fact.by} changed what the desktop may reach: ${wordsOfNetwork(fact.policy, fact.allowed)}`;
    case 'note.added': return `${fact.from === 'vitrine' ? 'Vitrine' : fact.by} says: ${shortened(fact.text, 400)}`;
    case 'file.put': return `Put the file ${fact.path} into the desktop, ${fact.size} bytes`;
    case 'artefact.kept': return `Kept the file ${fact.artefact.name}, ${fact.artefact.size} bytes`;
    case 'run.ended': return `${capitalised(fact.state)} after ${fact.turns} turns and ${fact.steps} steps${fact.failure === null ? '' : `: ${fact.failure.message}`}`;
    case 'briefing.given':
    case 'frame.captured':
    case 'model.asked':
    case 'action.intended':
    case 'operator.intended':
    case 'tool.intended':
    case 'turn.ended':
      return undefined;
  }
}

/** What a person in control did, without what they typed. */
export function wordsOfOperatorAction({ type, at, characters, keys }: OperatorAction): string {
  const what = type.replaceAll('_', ' ');
  const where = at === null ? '' : ` at ${at.x},${at.y}`;
  const count = characters === null ? '' : ` ${characters === 1 ? '1 character' : `${characters} characters`}`;
  return `${capitalised(what)}${count}${keys.length === 0 ? '' : ` ${keys.join('+')}`}${where}`;
}

function fencedWords({ stopped, processes, problem }: Extract<RunFact, { type: 'control.fenced' }>): string {
  const parts = [
    ...(stopped.length === 0 ? [] : [`stopped ${stopped.map(({ command }) => shortened(command, 60)).join(', ')}`]),
    ...(processes.length === 0 ? [] : [`still running: ${processes.map(({ pid, command }) => `${pid} ${shortened(command, 60)}`).join(', ')}`]),
    ...(problem === null ? [] : [`programs could not be stopped or listed: ${problem}`]),
  ];
  return `Control has passed${parts.length === 0 ? '' : `; ${parts.join('; ')}`}`;
}

/** A tool of the desktop in plain words. */
export function wordsOfTool(tool: DesktopTool): string {
  switch (tool.type) {
    case 'shell': return tool.command === '' ? 'Restart the shell' : `Run “${shortened(tool.command, 200)}”`;
    case 'view': return `View ${tool.path}`;
    case 'create': return `Write ${tool.path}`;
    case 'replace':
    case 'insert': return `Edit ${tool.path}`;
  }
}

/** What a person is asked: the words of checks and rules, then what waits. */
export function wordsOfApproval({ calls, rules, network, question }: Pick<Approval, 'calls' | 'rules' | 'network' | 'question'>): string {
  if (question !== undefined) return `${question.text}${question.choices.length > 0 ? ` (${question.choices.join(' / ')})` : ''}`;
  if (network !== undefined) return `The desktop wants to reach ${network.host}:${network.port}`;
  const checks = calls.flatMap(({ safetyChecks }) => safetyChecks.map(({ message, code, id }) => message ?? code ?? id));
  const why = [...checks, ...rules.map(({ rule, reason }) => `rule ${rule}: ${reason}`)];
  const actions = calls.flatMap((call) => [...(call.tool === undefined ? [] : [wordsOfTool(call.tool)]), ...call.actions.map(wordsOfAction)]);
  return `${why.length > 0 ? `${why.join('; ')} — ` : ''}${actions.join(', then ')}`;
}

/** What became of a question, in a word or with its answer: `Denied`, `Answered “the blue one”`. */
export function endWordOf({ state, kind, answer }: Pick<Approval, 'state' | 'kind' | 'answer'>): string {
  if (kind !== 'question') return capitalised(state);
  return state === 'approved' ? `Answered ${quoted(shortened(answer ?? '', 400))}` : state === 'denied' ? 'Left unanswered' : capitalised(state);
}

/** What became of a contact: `Reached example.org:443`. */
export function wordsOfContact({ host, port, verdict, reason, rule }: Contact): string {
  const name = host === '' ? 'a host that has no proper name' : `${host}:${port}`;
  return verdict === 'allowed' ? `Reached ${name} (${rule})${reason === null ? '' : `; cut: ${reason}`}` : `May not reach ${name}: ${reason ?? rule}`;
}

/** A policy of the way out in a line. */
export function wordsOfNetwork(policy: NetworkPolicy, allowed: readonly HostRule[]): string {
  const rules = [...('allow' in policy ? policy.allow : []), ...allowed].map(({ host, ports }) => `${host}:${ports.join(',')}`);
  return `${policy.mode}${rules.length === 0 ? '' : ` (${rules.join(', ')})`}`;
}

/** What a person changed before approving, a line each. */
export function wordsOfEdits({ edits, calls }: Pick<Approval, 'edits' | 'calls'>): string[] {
  return edits.map(({ callId, index, text }) => {
    const asked = calls.find((call) => call.callId === callId)?.actions[index];
    return `the text ${asked?.type === 'type' ? `${quoted(asked.text)} ` : ''}was edited to ${quoted(text)}`;
  });
}

function wordsOfMatch({ rule, verdict, reason, isWindowUnknown }: RuleMatch): string {
  return `Rule ${rule} ${verdict === 'refuse' ? 'refuses' : 'asks a person'}: ${reason}${isWindowUnknown === true ? ' (which window had the focus is not known)' : ''}`;
}

const kindWords = { safety_check: 'safety check', policy: 'policy', stale_target: 'the screen changed', network: 'network', question: 'the model asks' } as const;

const stateWords: Readonly<Record<string, string>> = {
  queued: 'Queued', preparing: 'Preparing the desktop', deciding: 'Deciding', awaitingModel: 'Waiting for the model', awaitingSafetyAck: 'Waiting for a person\'s approval',
  executingAction: 'Acting', observing: 'Looking', awaitingOperator: 'Waiting for a person', awaitingCaller: 'Waiting for the caller', finishing: 'Finishing',
  succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cancelled',
};
const controlWords = { agent: 'The agent is in control', paused: 'Paused', operator: 'A person is in control' } as const;

function answerWords({ answer, ms }: Extract<RunFact, { type: 'model.answered' }>): string {
  const took = `(${duration(ms)}) `;
  if (answer.refusal !== null) return `${took}The model refuses: ${answer.refusal}`;
  if (answer.unfinished !== null) return `${took}The model's answer is unfinished: ${answer.unfinished}`;
  if (answer.message !== null) return `${took}Model: ${shortened(answer.message, 400)}`;
  const actions = answer.calls.reduce((sum, call) => sum + Math.max(call.actions.length, [call.tool, call.asks, call.question].every((one) => one === undefined) ? 0 : 1), 0);
  return `${took}${answer.commentary === '' ? '' : `Model: ${shortened(answer.commentary, 400)} — `}${actions} action${actions === 1 ? '' : 's'}`;
}

function clickVerb(button: string, count: number): string {
  const verb = count === 3 ? 'Triple-click' : count === 2 ? 'Double-click' : button === 'right' ? 'Right-click' : button === 'middle' ? 'Middle-click' : 'Click';
  return button === 'left' || (count === 1 && (button === 'right' || button === 'middle')) ? verb : `${verb} the ${button} button`;
}

function scrollWords(dx: number, dy: number): string {
  const parts = [];
  if (dy !== 0) parts.push(`${Math.abs(dy)} ${dy > 0 ? 'down' : 'up'}`);
  if (dx !== 0) parts.push(`${Math.abs(dx)} ${dx > 0 ? 'right' : 'left'}`);
  return parts.join(' and ');
}

function place({ x, y }: { readonly x?: number | undefined; readonly y?: number | undefined }): string {
  return x === undefined || y === undefined ? ' where the pointer is' : ` at ${x},${y}`;
}

function route(path: readonly { readonly x: number; readonly y: number }[]): string {
  const between = path.length > 2 ? ` through ${path.length - 2} more point${path.length > 3 ? 's' : ''}` : '';
  return `from ${point(path[0])} to ${point(path.at(-1))}${between}`;
}

function point(at: { readonly x: number; readonly y: number } | undefined): string {
  return at === undefined ? '?' : `${at.x},${at.y}`;
}

function holding(modifiers: readonly string[]): string {
  return modifiers.length === 0 ? '' : ` holding ${modifiers.map(keyName).join(' and ')}`;
}

/** Keys pressed together: `Ctrl+Shift+T`. */
export function chord(keys: readonly string[]): string {
  return keys.map(keyName).join('+');
}

/** A key as it is printed on a keyboard. */
export function keyName(key: string): string {
  if (key === '+') return 'Plus';
  const names: Readonly<Record<string, string>> = { pageup: 'Page Up', pagedown: 'Page Down', capslock: 'Caps Lock', numlock: 'Num Lock', scrolllock: 'Scroll Lock', kp_enter: 'Keypad Enter' };
  return names[key] ?? capitalised(key.replace('_r', ' (right)'));
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function wordsOfRegion(region: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): string {
  return `${region.width}×${region.height} at ${region.x},${region.y}`;
}

function wordsOfDisplay({ width, height }: Display): string {
  return `${width}×${height}`;
}

function quoted(text: string): string {
  return `“${shortened(text.replaceAll('\n', '⏎').replaceAll('\t', '⇥'), 120)}”`;
}

function shortened(text: string, max: number): string {
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}

/** A step of the build of the desktop's image in plain words; its instruction where there are none for it. */
export function wordsOfBuildStep(step: string): string {
  const known: readonly (readonly [RegExp, string])[] = [
    [/^$/, 'getting ready'], [/^\[internal\]|^copy \/context/, 'getting ready'], [/^FROM /, 'taking the base system'],
    [/apt-get install/, 'installing the desktop\'s programs: browser, editor, terminal, fonts'], [/npm ci/, 'fetching Vitrine\'s packages'],
    [/bundle\.ts/, 'bundling Vitrine\'s own programs'], [/warm-up/, 'warming the desktop\'s programs up'], [/useradd/, 'making the users of the desktop'], [/^(COPY|ADD) /, 'copying files'], [/fc-cache|rc\.xml/, 'setting the desktop up'], [/^exporting to image/, 'writing the image'],
  ];
  return known.find(([pattern]) => pattern.test(step))?.[1] ?? shortened(step, 120);
}
