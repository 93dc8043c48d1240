import type { AnswerOf } from '../../../api/contract.ts';

type RunState = AnswerOf<'GET /api/runs/{id}'>['state'];

/** What kind of time a state is: the agent's work, a wait for somebody, or neither. */
export type StateKind = 'work' | 'wait' | 'pass' | 'end';

export type ChartNode = { readonly state: RunState; readonly label: string; readonly kind: StateKind; readonly x: number; readonly y: number };
/** A way from one state to another; `both` where there is one back too. */
export type ChartEdge = { readonly from: RunState; readonly to: RunState; readonly both: boolean; /** Points of the drawing that the line goes through on its way, where it would cross a state. */ readonly by?: readonly (readonly [number, number])[] };

/** The size of the drawing, and of a state in it. */
export const chartSize = { width: 376, height: 262, nodeWidth: 108, nodeHeight: 34 } as const;

const left = 62;
const middle = 186;
const right = 310;

const places: Readonly<Record<RunState, Omit<ChartNode, 'state'>>> = {
  queued: { label: 'In the queue', kind: 'wait', x: left, y: 24 },
  preparing: { label: 'Preparing', kind: 'work', x: middle, y: 24 },
  deciding: { label: 'Deciding', kind: 'pass', x: middle, y: 118 },
  awaitingModel: { label: 'Model', kind: 'work', x: left, y: 76 },
  executingAction: { label: 'Acting', kind: 'work', x: left, y: 118 },
  observing: { label: 'Looking', kind: 'work', x: left, y: 160 },
  awaitingSafetyAck: { label: 'Approval', kind: 'wait', x: right, y: 76 },
  awaitingOperator: { label: 'A person', kind: 'wait', x: right, y: 118 },
  awaitingCaller: { label: 'The caller', kind: 'wait', x: right, y: 160 },
  finishing: { label: 'Finishing', kind: 'pass', x: middle, y: 188 },
  succeeded: { label: 'Succeeded', kind: 'end', x: left, y: 238 },
  failed: { label: 'Failed', kind: 'end', x: middle, y: 238 },
  cancelled: { label: 'Stopped', kind: 'end', x: right, y: 238 },
};

/** Every state of a run's chart with its place in the drawing. */
export const chartNodes: readonly ChartNode[] = Object.entries(places).map(([state, node]) => ({ state: state as RunState, ...node }));

/**
 * The ways between the states of the chart. Left out are those that lead from everywhere: to `deciding` when a lost desktop is
 * replaced, and to `finishing` when the run is cancelled or a time is over.
 */
export const chartEdges: readonly ChartEdge[] = [
  { from: 'queued', to: 'deciding', both: false },
  { from: 'deciding', to: 'preparing', both: true },
  { from: 'deciding', to: 'awaitingModel', both: true },
  { from: 'deciding', to: 'executingAction', both: true },
  { from: 'deciding', to: 'observing', both: true },
  { from: 'deciding', to: 'awaitingSafetyAck', both: true },
  { from: 'deciding', to: 'awaitingOperator', both: true },
  { from: 'deciding', to: 'awaitingCaller', both: true },
  { from: 'awaitingCaller', to: 'awaitingSafetyAck', both: false, by: [[370, 118]] },
  { from: 'awaitingCaller', to: 'executingAction', both: false, by: [[236, 153], [136, 153]] },
  { from: 'finishing', to: 'succeeded', both: false },
  { from: 'finishing', to: 'failed', both: false },
  { from: 'finishing', to: 'cancelled', both: false },
  { from: 'deciding', to: 'finishing', both: false },
];
