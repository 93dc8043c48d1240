import { and, not, setup, stateIn } from 'xstate';
import type { ComputeChange } from './changes/change.ts';
import { networkOf } from './changes/networking.ts';
import { changes } from './run-changes.ts';
import type { RunCommand } from './run-command.ts';
import { newContext } from './run-context.ts';
import type { NewRun, RunContext } from './run-context.ts';
import type { RunEffect } from './run-effect.ts';
import type { RunFact } from '../run-event.ts';
import * as guards from './run-guards.ts';

const base = setup({
  types: { context: {} as RunContext, events: {} as RunCommand, input: {} as NewRun },
  actions: {
    /** A fact for the journal. */
    record: (_: unknown, _params: { readonly fact: RunFact }) => {},
    /** An effect for the outbox. */
    begin: (_: unknown, _params: { readonly effect: RunEffect }) => {},
  },
  guards: {
    ...guards,
    mayAct: and([stateIn({ active: { control: 'agent' } }), guards.isUnfenced]),
    /** And no question about a host is open. */
    mayGoOn: and([stateIn({ active: { control: 'agent' } }), guards.isUnfenced, ({ context }: { context: RunContext }) => networkOf(context).questions.length === 0]),
  },
});

/** A computed change as the chart's action: new data, then facts and at most one effect, as data. */
function change(compute: ComputeChange) {
  return base.enqueueActions(({ context, event, enqueue }) => {
    const { context: next, facts = [], begin } = compute(context, event);
    if (next !== undefined) enqueue.assign(next);
    for (const fact of facts) enqueue({ type: 'record', params: { fact } });
    if (begin !== undefined) enqueue({ type: 'begin', params: { effect: begin } });
  });
}

/** Each change under its name. */
function asActions<Name extends string>(computed: Readonly<Record<Name, ComputeChange>>): Record<Name, ReturnType<typeof change>> {
  return Object.fromEntries(Object.entries<ComputeChange>(computed).map(([name, compute]) => [name, change(compute)])) as Record<Name, ReturnType<typeof change>>;
}

/**
 * The life of a run, as a pure reducer: `transition(runMachine, snapshot, command)` gives the next snapshot, and facts
 * and effects as data. Effects hang on transitions and begin in `deciding` only, while control is with the agent; their
 * outcomes are accepted in every control state. No invoke, no after, no history: a restored snapshot does nothing by itself.
 */
export const runMachine = base
  .extend({
    actions: asActions(changes),
  })
  .createMachine({
    id: 'run',
    context: ({ input }) => newContext(input),
    initial: 'active',
    states: {
      active: {
        type: 'parallel',
        on: {
          cancel: { target: 'finishing', actions: 'cancelled' },
          'desktop.ended': { guard: 'isOurDesktop', target: 'finishing', actions: 'desktopEnded' },
          'desktop.expires': { guard: 'endsWithDesktop', target: 'finishing', actions: 'desktopExpires' },
          deadline: [
            { guard: 'isDurationDue', target: 'finishing', actions: 'runOutOfTime' },
            { guard: 'isWaitDue', target: 'finishing', actions: 'giveUpWaiting' },
            { guard: 'isStandDue', target: 'finishing', actions: 'giveUpWaiting' },
            { guard: 'isHostDue', actions: 'expireHost' },
          ],
          'taken.up': [{ guard: 'isSpentByRestart', target: 'finishing', actions: ['takenUp', 'exhaust'] }, { actions: 'takenUp' }],
          'clock.jumped': { actions: 'shiftClock' },
          message: { actions: 'addNote' },
          briefing: { actions: 'noteBriefing' },
          'approval.decide': { guard: 'isAboutHost', actions: 'decideHost' },
          'network.contact': { actions: 'askAboutHost' },
          'network.decided': { actions: 'noteContact' },
          'network.change': { actions: 'changeNetwork' },
          fenced: { guard: 'isFence', actions: 'fenced' },
          'fence.failed': { guard: 'isFence', target: 'finishing', actions: 'fenceFailed' },
          operated: { guard: 'isOperation', actions: 'operated' },
        },
        states: {
          progress: {
            initial: 'queued',
            /** A lost desktop: the run begins anew where its caller wants that; else it ends (above). */
            on: {
              'desktop.ended': [
                { guard: and(['startsOver', 'mayAct']), target: '.deciding', actions: 'startOver' },
                { guard: 'startsOver', target: '.deciding', actions: 'loseDesktop' },
              ],
              'desktop.unreachable': [
                { guard: and(['startsOver', 'mayAct']), target: '.deciding', actions: 'startOver' },
                { guard: 'startsOver', target: '.deciding', actions: 'loseDesktop' },
              ],
              'fence.failed': { guard: 'startsOver', target: '.deciding', actions: 'loseDesktop' },
            },
            states: {
              queued: {
                always: { guard: 'isHeld', target: 'deciding' },
                on: {
                  admit: 'deciding',
                  deadline: { guard: 'isStandDue', target: '#run.finishing', actions: 'leaveQueue' },
                },
              },
              /** The only place where anything begins. The first rule that holds is taken; with none, the run stands still. */
              deciding: {
                always: [
                  { guard: 'isEnding', target: '#run.finishing' },
                  { guard: and(['mayGoOn', 'needsDesktop']), target: 'preparing', actions: 'takeDesktop' },
                  { guard: 'isCaller', target: 'awaitingCaller' },
                  { guard: and(['mayGoOn', 'needsFiles']), target: 'preparing', actions: 'putFiles' },
                  { guard: and(['mayGoOn', 'isAnswered']), target: '#run.finishing', actions: 'succeed' },
                  { guard: 'isSpent', target: '#run.finishing', actions: 'exhaust' },
                  { guard: and(['mayGoOn', 'needsFrame']), target: 'observing', actions: 'observe' },
                  { guard: and(['mayGoOn', 'isTurnDone']), actions: 'closeTurn' },
                  { guard: and(['mayGoOn', 'endsWhenStuck']), target: '#run.finishing', actions: 'endStuck' },
                  { guard: and(['mayGoOn', 'isStuck']), target: 'awaitingOperator', actions: 'askOperator' },
                  { guard: and(['mayGoOn', 'needsApproval']), target: 'awaitingSafetyAck', actions: 'openApproval' },
                  { guard: and(['mayGoOn', 'hasStep']), target: 'executingAction', actions: 'intendStep' },
                  { guard: and(['mayGoOn', 'hasTool']), target: 'executingAction', actions: 'intendTool' },
                  { guard: and(['mayGoOn', 'asksPerson']), target: 'awaitingSafetyAck', actions: 'openQuestion' },
                  { guard: and(['mayGoOn', 'asksCaller']), target: 'awaitingCaller', actions: 'askCaller' },
                  { guard: 'mayGoOn', target: 'awaitingModel', actions: 'askModel' },
                ],
              },
              preparing: {
                on: {
                  'desktop.stage': { actions: 'noteStage' },
                  'desktop.waits': { actions: 'noteWait' },
                  deadline: { guard: and(['isStandDue', 'mayAct']), target: '#run.finishing', actions: 'leaveWait' },
                  'desktop.ready': { guard: 'isAwaited', target: 'deciding', actions: 'desktopReady' },
                  'desktop.failed': { guard: 'isAwaited', target: 'deciding', actions: 'desktopFailed' },
                  'files.put': { guard: 'isAwaited', target: 'deciding', actions: 'filesPut' },
                  'files.failed': { guard: 'isAwaited', target: 'deciding', actions: 'filesFailed' },
                  'control.take': { guard: and(['canTake', 'isPutting']), target: 'deciding', actions: 'dropObservation' },
                  'desktop.unreachable': { guard: and(['isAwaited', not('startsOver')]), target: 'deciding', actions: 'desktopUnreachable' },
                },
              },
              observing: {
                on: {
                  observed: { guard: 'isAwaited', target: 'deciding', actions: 'observed' },
                  'control.take': { guard: 'canTake', target: 'deciding', actions: 'dropObservation' },
                  'desktop.unreachable': { guard: and(['isAwaited', not('startsOver')]), target: 'deciding', actions: 'desktopUnreachable' },
                },
              },
              awaitingModel: {
                on: {
                  'model.answered': { guard: 'isAwaited', target: 'deciding', actions: 'takeTurn' },
                  'model.failed': { guard: 'isAwaited', target: 'deciding', actions: 'modelFailed' },
                },
              },
              executingAction: {
                on: {
                  'action.ended': { guard: 'isAwaited', target: 'deciding', actions: 'endStep' },
                  'tool.ended': { guard: 'isAwaited', target: 'deciding', actions: 'endTool' },
                  'desktop.unreachable': { guard: and(['isAwaited', not('startsOver')]), target: 'deciding', actions: 'desktopUnreachable' },
                },
              },
              awaitingSafetyAck: {
                on: {
                  'approval.decide': { guard: 'isOurApproval', target: 'deciding', actions: 'decideApproval' },
                  deadline: { guard: 'isApprovalDue', target: 'deciding', actions: 'expireApproval' },
                  'caller.withdraw': { guard: 'isOurApproval', target: 'deciding', actions: 'withdrawProposal' },
                  'taken.up': { guard: 'isCaller', target: 'deciding', actions: ['takenUp', 'withdrawProposal'] },
                },
              },
              awaitingOperator: {
                on: {
                  message: { guard: 'mayAct', target: 'deciding', actions: 'operatorAnswered' },
                  resume: { guard: 'mayAct', target: 'deciding', actions: 'operatorAnswered' },
                  'control.giveBack': { guard: 'holdsLease', target: 'deciding' },
                },
              },
              awaitingCaller: {
                on: {
                  'caller.propose': [
                    { guard: and(['mayAct', 'isProposalAsked']), target: 'awaitingSafetyAck', actions: 'judgeProposal' },
                    { guard: 'mayAct', actions: 'judgeProposal' },
                  ],
                  'caller.act': { guard: 'mayAct', target: 'executingAction', actions: 'intendCallerAction' },
                  'caller.answer': { guard: 'areAllAnswered', target: 'deciding', actions: 'callerAnswered' },
                  'caller.release': { target: '#run.finishing', actions: 'callerDone' },
                  'desktop.ended': { guard: and(['startsOver', 'isAsking']), actions: 'loseDesktop' },
                  deadline: [
                    { guard: and(['isCaller', 'isIdle']), target: '#run.finishing', actions: 'callerIdle' },
                    { guard: and(['isCaller', 'isStandDue']), actions: 'noteUse' },
                  ],
                },
              },
            },
          },
          control: {
            initial: 'agent',
            states: {
              agent: {
                always: { guard: 'isHeld', target: 'operator' },
                on: { pause: { target: 'paused', actions: 'pause' }, 'control.take': { guard: 'canTake', target: 'operator', actions: 'takeControl' } },
              },
              paused: {
                on: { resume: { target: 'agent', actions: 'resume' }, 'control.take': { guard: 'canTake', target: 'operator', actions: 'takeControl' } },
              },
              /** A person has it, for as long as the lease lasts. */
              operator: {
                on: {
                  'control.take': { guard: 'mayForce', actions: 'takeControl' },
                  'control.renew': { guard: 'holdsLease', actions: 'renewControl' },
                  'operator.live': { guard: 'holdsLease', actions: 'addDeeds' },
                  'control.request': { actions: 'requestControl' },
                  'desktop.ended': { guard: 'startsOver', target: 'paused', actions: 'loseControl' },
                  'desktop.unreachable': { guard: 'startsOver', target: 'paused', actions: 'loseControl' },
                  'fence.failed': { guard: 'startsOver', target: 'paused', actions: 'loseControl' },
                  'operator.act': { guard: and(['holdsLease', 'isUnfenced']), actions: 'intendOperation' },
                  'control.giveBack': [
                    { guard: and(['holdsLease', 'standsIn']), target: '#run.finishing', actions: 'standInDone' },
                    { guard: 'holdsLease', target: 'agent', actions: 'giveBack' },
                  ],
                  deadline: [
                    { guard: and(['isLeaseDue', 'standsIn']), target: '#run.finishing', actions: 'standInDone' },
                    { guard: 'isLeaseDue', target: 'paused', actions: 'expireControl' },
                  ],
                },
              },
            },
          },
        },
      },
      /** An action in flight is awaited (it was told to stop), then everything is put away. */
      finishing: {
        initial: 'settling',
        on: { 'clock.jumped': { actions: 'shiftClock' } },
        states: {
          settling: {
            always: { guard: 'isActionSettled', target: 'releasing', actions: 'beginFinish' },
            on: {
              'action.ended': { guard: 'isAwaited', actions: 'endStep' },
              'tool.ended': { guard: 'isAwaited', actions: 'endTool' },
              'desktop.unreachable': { guard: 'isAwaited', actions: 'desktopUnreachable' },
              deadline: { guard: 'isStandDue', actions: 'giveUpAction' },
              fenced: { guard: 'isFence', actions: 'fenced' },
              'fence.failed': { guard: 'isFence', actions: 'fenceFailed' },
              operated: { guard: 'isOperation', actions: 'operated' },
            },
          },
          releasing: {
            on: {
              finished: [
                { guard: and(['isAwaited', 'willSucceed']), target: '#run.succeeded', actions: 'finished' },
                { guard: and(['isAwaited', 'willCancel']), target: '#run.cancelled', actions: 'finished' },
                { guard: 'isAwaited', target: '#run.failed', actions: 'finished' },
              ],
              deadline: [
                { guard: and(['isStandDue', 'willSucceed']), target: '#run.succeeded', actions: 'finishedLate' },
                { guard: and(['isStandDue', 'willCancel']), target: '#run.cancelled', actions: 'finishedLate' },
                { guard: 'isStandDue', target: '#run.failed', actions: 'finishedLate' },
              ],
            },
          },
        },
      },
      succeeded: { type: 'final' },
      failed: { type: 'final' },
      cancelled: { type: 'final' },
    },
  });
