import type { Action, Frame } from '../../sandbox-image/wire/index.ts';
import type { Turn } from '../../controller/dialects/transcript.ts';
import { deadlinesOf } from '../../controller/runs/chart/run-deadlines.ts';
import { PolicyRule } from '../../controller/policy/rule.ts';
import type { RunCommand, RunCommandOf } from '../../controller/runs/chart/run-command.ts';
import type { NewRun, RunContext } from '../../controller/runs/chart/run-context.ts';
import type { RunEffectOf } from '../../controller/runs/chart/run-effect.ts';
import { RunRequest } from '../../controller/runs/run.ts';

export function newRun(request: Partial<RunRequest> = {}, driver: 'model' | 'caller' = 'model'): NewRun {
  return {
    runId: 'run-1', project: 'default', driver, createdBy: 'tester', model: driver === 'model' ? 'rehearsal' : null, createdAt: 1000,
    desktopId: request.desktopId ?? null, request: RunRequest.parse({ task: 'do it', ...request }),
  };
}

export function frameNamed(frameId: string): Frame {
  return {
    frameId, capturedAt: 1, display: { width: 1280, height: 800 }, region: { x: 0, y: 0, width: 1280, height: 800 }, format: 'png', width: 1280, height: 800,
    byteLength: 10, hash: frameId.padEnd(32, '0').replace(/[^0-9a-f]/g, '0').slice(0, 32), pointer: { x: 0, y: 0 },
  };
}

export function turnWith(calls: Turn['calls'], message: string | null = null): Turn {
  return {
    responseId: 'resp_1', commentary: '', calls, message, unfinished: null, refusal: null, raw: [],
    usage: { inputTokens: 10, cachedInputTokens: 0, outputTokens: 5, reasoningTokens: 0 },
  };
}

export const click: Extract<Action, { type: 'click' }> = { type: 'click', x: 10, y: 10, button: 'left', count: 1, modifiers: [] };

export function outcomeFor(actionId: string, status: 'performed' | 'refused' | 'failed' | 'unknown' = 'performed', frame?: Frame) {
  return {
    actionId, status, pointer: { x: 1, y: 1 }, effect: { kind: 'nothing' as const }, settled: true, waitedMs: 50, warnings: [], replayed: false,
    timings: { queueMs: 0, inputMs: 1, settleMs: 50, captureMs: 5 }, ...(frame === undefined ? {} : { frame }),
    ...(status === 'refused' ? { error: { code: 'stale_target' as const, message: 'the area changed' } } : {}),
  };
}

const timings = { queueMs: 0, inputMs: 1, settleMs: 50, captureMs: 5, relayMs: 1 };

/** The ways in which the effects in flight may come out. */
export function outcomesOf(context: RunContext, at: number, random: () => number): RunCommand[] {
  return [...driversOutcomes(context, at, random), ...controlOutcomes(context, at, random)];
}

function driversOutcomes(context: RunContext, at: number, random: () => number): RunCommand[] {
  const { awaits } = context;
  if (awaits === null) return [];
  const { effectId } = awaits;
  const frame = frameNamed(`f${Math.floor(random() * 4)}`);
  switch (awaits.kind) {
    case 'launch':
    case 'attach':
      return [
        { type: 'desktop.ready', at, effectId, desktopId: awaits.desktopId, display: { width: 1280, height: 800 }, launchMs: 1 },
        ...(random() < 0.1 ? [{ type: 'desktop.failed' as const, at, effectId, message: 'no engine' }] : []),
      ];
    case 'put':
      return [{ type: 'files.put', at, effectId, files: [] }, ...(random() < 0.1 ? [{ type: 'files.failed' as const, at, effectId, message: 'no room' }, { type: 'desktop.unreachable' as const, at, effectId, message: 'gone' }] : [])];
    case 'ask':
      return [{ type: 'model.answered', at, effectId, ms: 1, costUsd: null, turn: randomTurn(random) }, ...(random() < 0.05 ? [{ type: 'model.failed' as const, at, effectId, message: 'no', ms: 1 }] : [])];
    case 'perform': {
      const status = random() < 0.8 ? 'performed' : random() < 0.5 ? 'refused' : random() < 0.5 ? 'failed' : 'unknown';
      return [{ type: 'action.ended', at, effectId, outcome: outcomeFor(effectId, status, random() < 0.8 ? frame : undefined), timings }, ...(random() < 0.02 ? [{ type: 'desktop.unreachable' as const, at, effectId, message: 'gone' }] : [])];
    }
    case 'observe':
      return [{ type: 'observed', at, effectId, frame }, ...(random() < 0.05 ? [{ type: 'desktop.unreachable' as const, at, effectId, message: 'gone' }] : [])];
    case 'use':
      return [{ type: 'tool.ended', at, effectId, output: 'ok', isError: random() < 0.2, ms: 1 }];
    case 'fence':
    case 'operate':
      return []; // in slots of their own
    case 'finish':
      return [{ type: 'finished', at, effectId, artefacts: [], lost: [], released: true, reason: 'its run ended' }];
  }
}

function randomTurn(random: () => number): Turn {
  const turn = anyTurn(random);
  return { ...turn, calls: turn.calls.map((call) => ([call.tool, call.asks, call.question].every((one) => one === undefined) ? call : { ...call, actions: [] })) };
}

function anyTurn(random: () => number): Turn {
  const dice = random();
  if (dice < 0.1) return turnWith([], 'done');
  if (dice < 0.15) return { ...turnWith([]), unfinished: 'max_output_tokens' };
  if (dice < 0.17) return { ...turnWith([]), refusal: 'I will not' };
  const count = 1 + Math.floor(random() * 3);
  return turnWith(Array.from({ length: count }, (_, index) => ({
    callId: `call_${index}`,
    ...(random() < 0.2 ? { tool: { type: 'shell' as const, command: 'ls', restart: false, timeoutMs: 1000 } } : random() < 0.15 ? { asks: { name: 'weather', arguments: '{}' } } : random() < 0.08 ? { question: { text: 'Which one?', choices: ['this', 'that'] } } : {}),
    actions: Array.from({ length: 1 + Math.floor(random() * 3) }, (): Action => (random() < 0.2 ? { type: 'type', text: ['su', 'do', 'rm', 'x'][Math.floor(random() * 4)] ?? 'x' } : { ...click, x: Math.floor(random() * 3) })),
    safetyChecks: random() < 0.2 ? [{ id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' }] : [],
    ...(random() < 0.05 ? { problem: 'unknown key' } : {}),
  })));
}

/** The ways in which control that is being passed, and a person's action, may come out. */
function controlOutcomes({ fencing, operating }: RunContext, at: number, random: () => number): RunCommand[] {
  const outcome = { status: random() < 0.8 ? 'performed' as const : 'unknown' as const, error: null, effect: { kind: 'nothing' as const } };
  return [
    ...(fencing === null ? [] : [fencedBy(fencing, at)]),
    ...(fencing === null || random() > 0.02 ? [] : [{ type: 'fence.failed' as const, at, effectId: fencing.effectId, message: 'it does not answer' }]),
    ...(operating === null ? [] : [{ type: 'operated' as const, at, effectId: operating.effectId, by: 'bea', outcome }]),
  ];
}

/** The outcome of a fence that did what it should. */
export function fencedBy({ effectId, epoch }: RunEffectOf<'fence'>, at: number): RunCommandOf<'fenced'> {
  return { type: 'fenced', at, effectId, epoch, released: { keys: ['shift'], buttons: [] }, stopped: [], processes: [{ pid: 7, command: 'xterm', startedByHands: true }], problem: null };
}

/** A person's action as the journal may know it. */
export const typing = { type: 'type', at: null, characters: 5, keys: [] };

/** Commands about control that may come at any time, from whoever holds the lease and from others. */
function controlCommand(context: RunContext, at: number, random: () => number): RunCommand {
  const leaseId = random() < 0.8 ? (context.lease?.id ?? 'none') : 'of somebody else';
  const choices: RunCommand[] = [
    { type: 'control.take', at, leaseId: `lease-${at}-${Math.floor(random() * 1000)}`, holder: 'bea', principal: 'bea', ttlMs: 5000, reason: null, isForced: random() < 0.2 },
    { type: 'control.renew', at, leaseId, ttlMs: 5000 },
    { type: 'operator.live', at, leaseId, deeds: { click: 2, key: 1 } },
    { type: 'control.giveBack', at, leaseId, note: random() < 0.5 ? 'done' : null },
    { type: 'control.request', at, by: 'cid', principal: 'cid', reason: null },
    { type: 'operator.act', at, leaseId, actionId: `run-1.o${at}.${Math.floor(random() * 1000)}`, action: typing },
    { type: 'deadline', at: random() < 0.3 ? at + 10_000 : at, deadlineId: 'lease' },
    { type: 'fenced', at, effectId: 'stale', epoch: 1, released: { keys: [], buttons: [] }, stopped: [], processes: [], problem: null },
  ];
  return choices[Math.floor(random() * choices.length)] ?? { type: 'admit', at };
}

/** An edit of the first text that waits for a person, if one does: sometimes one that a rule refuses. */
function firstText({ approval }: RunContext) {
  return (approval?.calls ?? []).flatMap(({ callId, actions }) => actions.flatMap((action, index) => (action.type === 'type' ? [{ callId, index, text: approval?.openedAt === undefined || approval.openedAt % 2 === 0 ? 'ls' : 'sudo' }] : []))).slice(0, 1);
}

/** An answer where the model asked a question, and now and then where it did not, or none where it did. */
function answerTo({ approval }: RunContext, random: () => number) {
  return (approval?.kind === 'question') === random() < 0.9 ? { answer: 'that' } : {};
}

/** Rules that the random turns run into: what must never be typed, and what a person is asked about. */
export const randomRules: readonly PolicyRule[] = [
  PolicyRule.parse({ name: 'no-root', verdict: 'refuse', reason: 'never', when: { text: { contains: 'sudo' } } }),
  PolicyRule.parse({ name: 'removal', verdict: 'ask', reason: 'look', when: { text: { contains: 'rm' } } }),
];

/** Commands from outside that may come at any time. */
export function interruption(context: RunContext, at: number, random: () => number): RunCommand {
  const choices: RunCommand[] = [
    { type: 'pause', at, by: 'ann', reason: null },
    { type: 'resume', at, by: 'ann' },
    { type: 'resume', at, by: 'ann' },
    { type: 'message', at, from: 'person', by: 'ann', text: 'hello' },
    { type: 'taken.up', at },
    { type: 'desktop.waits', at, desktopId: context.desktopId ?? 'none', reason: 'the image is being built' },
    { type: 'caller.propose', at, proposalId: `p${at}`, actions: [{ type: 'type', text: 'rm' }], decidedOn: null },
    { type: 'caller.withdraw', at, approvalId: context.approval?.id ?? 'none' },
    { type: 'approval.decide', at, approvalId: context.approval?.id ?? 'none', decision: 'approve', by: 'ann', reason: null, edits: firstText(context), ...answerTo(context, random) },
    { type: 'deadline', at, deadlineId: 'duration' },
    { type: 'deadline', at, deadlineId: 'approval' },
    { type: 'deadline', at, deadlineId: 'wait' },
    { type: 'deadline', at, deadlineId: 'stand' },
    { type: 'clock.jumped', at, driftMs: random() < 0.5 ? 3_600_000 : -3_600_000 },
    { type: 'taken.up', at },
    { type: 'approval.decide', at, approvalId: context.approval?.id ?? 'none', decision: random() < 0.5 ? 'approve' : 'deny', by: 'ann', reason: null, ...answerTo(context, random) },
    { type: 'network.contact', at, host: `h${Math.floor(random() * 3)}.org`, port: 443 },
    { type: 'approval.decide', at, approvalId: context.network?.questions[0]?.id ?? 'none', decision: random() < 0.5 ? 'approve' : 'deny', by: 'ann', reason: null },
    { type: 'deadline', at, deadlineId: context.network?.questions[0]?.id ?? 'none' },
    { type: 'desktop.ended', at, desktopId: 'another', kind: 'lost', reason: 'gone' },
    { type: 'desktop.expires', at, desktopId: 'another', reason: 'old', isLast: true },
    { type: 'caller.answer', at, by: 'ann', answers: context.asked.map(({ callId }) => ({ callId, output: 'sunny', isError: false })) },
    { type: 'caller.answer', at, by: 'ann', answers: [{ callId: 'another', output: '', isError: false }] },
    { type: 'model.answered', at, effectId: 'stale', turn: turnWith([], 'late'), ms: 1, costUsd: null },
    { type: 'action.ended', at, effectId: 'stale', outcome: outcomeFor('stale'), timings },
  ];
  const [due] = deadlinesOf(context).toSorted((one, other) => one.dueAt - other.dueAt);
  if (due !== undefined && random() < 0.02) return { type: 'deadline', at: Math.max(at, due.dueAt), deadlineId: due.deadlineId, ...(random() < 0.5 ? { usedAt: Math.max(at, due.dueAt) } : {}) };
  if (context.driver === 'caller' && random() < 0.5) {
    return { type: 'caller.act', at, actionId: `${context.runId}.d${at}.${Math.floor(random() * 1e9)}`, action: click, decidedOn: null, staleTarget: 'off', settle: null, capture: null };
  }
  if (random() < 0.3) return controlCommand(context, at, random);
  if (random() < 0.01) return { type: 'cancel', at, by: 'ann', reason: 'enough' };
  if (random() < 0.003) return { type: 'desktop.expires', at, desktopId: context.desktopId ?? 'none', reason: 'old', isLast: random() < 0.5 };
  if (random() < (context.request.onDesktopLost === 'start_over' ? 0.05 : 0.005)) return { type: 'desktop.ended', at, desktopId: context.desktopId ?? 'none', kind: 'lost', reason: 'gone' };
  return choices[Math.floor(random() * choices.length)] ?? { type: 'admit', at };
}
