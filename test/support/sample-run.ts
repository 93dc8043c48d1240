import { Budgets, RunRequest } from '../../controller/runs/run.ts';
import type { Run } from '../../controller/runs/run.ts';
import { RunEvent } from '../../controller/runs/run-event.ts';
import type { RunFact } from '../../controller/runs/run-event.ts';
import type { Action, ActionOutcome, Effect, Frame } from '../../sandbox-image/wire/index.ts';
import type { Approval } from '../../controller/approvals/approval.ts';

const began = Date.UTC(2026, 0, 2, 3, 4, 5);
const display = { width: 1280, height: 800 };
const usage = { inputTokens: 5210, cachedInputTokens: 3000, outputTokens: 240, reasoningTokens: 120 };

/** A frame's description as the shim would give it. */
export function sampleFrame(frameId: string, more: Partial<Frame> = {}): Frame {
  return { frameId, capturedAt: began, display, region: { x: 0, y: 0, ...display }, format: 'png', ...display, byteLength: 70, hash: '0'.repeat(32), pointer: { x: 640, y: 400 }, ...more };
}

/** A run that has just been accepted, or whatever `more` makes of it. */
export function sampleRun(id: string, more: Partial<Run> = {}): Run {
  return {
    id, project: 'default', driver: 'model', startedBy: 'first-token', task: 'Print a greeting with Python', model: 'rehearsal', state: 'queued', control: 'agent', desktopId: null, waitsFor: null, queue: null, approvalId: null, answer: null, failure: null,
    steps: 0, turns: 0, usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }, costUsd: null, asked: [], budgets: Budgets.parse({}), activeMs: 0, createdAt: began, startedAt: null, endedAt: null,
    lastFrameId: null, artefacts: [], metadata: {}, lease: null, ...more,
  };
}

/** A pending approval of a run. */
export function sampleApproval(id: string, runId: string, more: Partial<Approval> = {}): Approval {
  return {
    id, runId, kind: 'safety_check', state: 'pending', digest: 'a'.repeat(64), frameId: 'f3', openedAt: began + 6000, expiresAt: began + 900_000, decidedAt: null, decidedBy: null, reason: null, answer: null, rules: [], edits: [], decidedDigest: null,
    calls: [{ callId: 'call_2', actions: [{ type: 'key', keys: ['enter'], repeat: 1 }], safetyChecks: [{ id: 'sc_1', code: 'irreversible', message: 'This starts a program' }] }], ...more,
  };
}

/** A whole run with every kind of fact, as the journal would hold it: the run as it ended, its events from sequence 1, the frames it names. */
export function sampleHistory(runId: string, words: { task?: string; commentary?: string; typed?: string; answer?: string; reason?: string } = {}): { run: Run; events: RunEvent[]; frames: Frame[] } {
  const { task = 'Print a greeting with Python', commentary = 'I open a terminal from the panel.', typed = 'python3 -c "print(\'Hello\')"', answer = 'Hello from computer use', reason = 'Harmless' } = words;
  const story = new Story(runId);
  const frames = ['f1', 'f2', 'f3', 'f4', 'f5'].map((frameId) => sampleFrame(frameId, frameId === 'f5' ? { region: { x: 200, y: 120, width: 760, height: 420 }, width: 760, height: 420 } : {}));
  story.tell(0, { type: 'run.created', driver: 'model', model: 'rehearsal', request: RunRequest.parse({ task }), by: 'first-token' });
  story.tell(10, { type: 'state.changed', from: 'queued', to: 'preparing', control: 'agent' });
  story.tell(310, { type: 'desktop.stage', time: { stage: 'container', ms: 172 } });
  story.tell(900, { type: 'desktop.ready', desktopId: 'd-1', display, launchMs: 890 });
  story.tell(905, { type: 'briefing.given', version: '1', text: 'You have a desktop of 1280 by 800 pixels.' });
  story.see(920, frames[0], 'task');
  story.tell(930, { type: 'state.changed', from: 'deciding', to: 'awaitingModel', control: 'agent' });
  story.tell(930, { type: 'model.asked', turn: 1, askId: 'a1' });
  story.answer(1700, 1, commentary, [{ type: 'click', x: 60, y: 783, button: 'left', count: 2, modifiers: ['ctrl'] }, { type: 'wait', ms: 400 }]);
  story.act(2300, 1, 0, { type: 'click', x: 60, y: 783, button: 'left', count: 2, modifiers: ['ctrl'] }, frames[1], { kind: 'changed', region: { x: 200, y: 120, width: 760, height: 420 }, share: 0.31 });
  story.act(2800, 1, 1, { type: 'wait', ms: 400 }, undefined, { kind: 'nothing' });
  story.answer(3900, 2, 'The terminal is open. I type the program.', [{ type: 'type', text: typed }, { type: 'key', keys: ['ctrl', 'shift', 'enter'], repeat: 1 }]);
  story.act(4400, 2, 0, { type: 'type', text: typed }, frames[2], { kind: 'changed', region: { x: 350, y: 158, width: 240, height: 18 }, share: 0.003 });
  const approval = sampleApproval('ap-1', runId);
  story.tell(6000, { type: 'approval.opened', approval });
  story.tell(6000, { type: 'state.changed', from: 'deciding', to: 'awaitingSafetyAck', control: 'agent', reason: 'a safety check' });
  story.tell(12_400, { type: 'approval.ended', approval: { ...approval, state: 'approved', decidedAt: began + 12_400, decidedBy: 'first-token', reason } });
  story.act(12_900, 2, 1, { type: 'key', keys: ['ctrl', 'shift', 'enter'], repeat: 1 }, frames[3], { kind: 'changed', region: { x: 208, y: 158, width: 300, height: 52 }, share: 0.01 });
  story.tell(13_000, { type: 'control.changed', control: 'paused', epoch: 2, by: 'first-token' });
  story.tell(14_000, { type: 'control.changed', control: 'agent', epoch: 2, by: 'first-token' });
  story.tell(14_100, { type: 'note.added', from: 'person', by: 'first-token', text: 'Look twice.', frameId: null });
  const more: Action[] = [
    { type: 'drag', path: [{ x: 400, y: 300 }, { x: 500, y: 420 }, { x: 800, y: 420 }], button: 'left', modifiers: [] }, { type: 'scroll', x: 500, y: 300, dx: 0, dy: 5, modifiers: [] },
    { type: 'zoom', region: { x: 200, y: 120, width: 760, height: 420 } }, { type: 'click', x: 300, y: 300, button: 'right', count: 1, modifiers: [] },
  ];
  story.answer(15_000, 3, 'I look closely.', more);
  for (const [index, action] of more.slice(0, 3).entries()) story.act(15_500 + index * 400, 3, index, action, action.type === 'zoom' ? frames[4] : undefined, { kind: 'nothing' });
  story.act(17_000, 3, 3, { type: 'click', x: 300, y: 300, button: 'right', count: 1, modifiers: [] }, undefined, { kind: 'nothing' }, 'refused');
  story.answer(18_000, 4, '', [], answer);
  story.tell(18_010, { type: 'artefact.kept', artefact: { id: 'art-1', name: 'greeting.txt', size: 24, sha256: 'b'.repeat(64) } });
  story.tell(18_020, { type: 'desktop.ended', desktopId: 'd-1', kind: 'released', reason: 'its run ended' });
  story.tell(18_020, { type: 'state.changed', from: 'finishing', to: 'succeeded', control: 'agent' });
  story.tell(18_020, { type: 'run.ended', state: 'succeeded', answer, failure: null, usage, steps: 8, turns: 4 });
  const run = sampleRun(runId, { task, state: 'succeeded', desktopId: 'd-1', answer, steps: 8, turns: 4, usage, startedAt: began, endedAt: began + 18_020, lastFrameId: 'f5', activeMs: 11_600 });
  return { run, events: story.events.map((event) => RunEvent.parse(event)), frames };
}

/** Writes facts down as events. */
class Story {
  readonly events: { sequence: number; runId: string; at: number; fact: RunFact }[] = [];
  readonly #runId: string;

  constructor(runId: string) {
    this.#runId = runId;
  }

  tell(afterMs: number, fact: RunFact): void {
    this.events.push({ sequence: this.events.length + 1, runId: this.#runId, at: began + afterMs, fact });
  }

  see(afterMs: number, frame: Frame | undefined, why: 'task' | 'after_action'): void {
    if (frame !== undefined) this.tell(afterMs, { type: 'frame.captured', frame, why });
  }

  answer(afterMs: number, turn: number, commentary: string, actions: Action[], message: string | null = null): void {
    const calls = actions.length === 0 ? [] : [{ callId: `call_${turn}`, actions, safetyChecks: [] }];
    this.tell(afterMs, { type: 'model.answered', turn, askId: `a${turn}`, ms: 742, costUsd: null, answer: { responseId: `r${turn}`, commentary, calls, message, unfinished: null, refusal: null, usage, raw: [] } });
  }

  act(afterMs: number, turn: number, index: number, action: Action, frame: Frame | undefined, effect: Effect, status: ActionOutcome['status'] = 'performed'): void {
    const address = { actionId: `${this.#runId}.${turn}.${index}`, turn, callId: `call_${turn}`, index };
    const error = status === 'performed' ? {} : { error: { code: 'stale_target' as const, message: 'the area around 300,300 changed since the frame it was decided on' } };
    this.tell(afterMs - 120, { type: 'action.intended', ...address, action, epoch: 1, decidedOn: null });
    this.see(afterMs, frame, 'after_action');
    this.tell(afterMs, {
      type: 'action.ended', ...address, action, frameId: frame?.frameId ?? null, timings: { queueMs: 0.1, inputMs: 4.2, settleMs: 88, captureMs: 6.3, relayMs: 1.4 },
      outcome: { actionId: address.actionId, status, ...error, pointer: { x: 60, y: 783 }, effect, settled: true, waitedMs: 88, warnings: [], replayed: false },
    });
  }
}
