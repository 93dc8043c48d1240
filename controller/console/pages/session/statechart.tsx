import type { ReadonlySignal } from '@preact/signals';
import { duration } from '../../../api/plain-words.ts';
import { now } from '../../state/now.ts';
import { clockText } from '../../ui/format.ts';
import { chartEdges, chartNodes, chartSize } from './run-chart.ts';
import type { ChartEdge, ChartNode } from './run-chart.ts';
import type { TimeInStates } from './time-in-states.ts';
import css from './statechart.module.css';

const byState = new Map(chartNodes.map((node) => [node.state, node]));
const { width, height, nodeWidth, nodeHeight } = chartSize;

type StatechartProps = { readonly times: TimeInStates; readonly revision: ReadonlySignal<number> };

/** The chart that the run moves in: every state with the time spent there, the current one lit. */
export function Statechart({ times, revision }: StatechartProps) {
  void revision.value;
  const at = now.value;
  const current = byState.get(times.state);
  const longest = Math.max(1, ...chartNodes.map(({ state }) => times.spentIn(state, at)));
  return (
    <figure class={css.chart}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`States of the run. Now: ${current?.label ?? times.state}`}>
        {chartEdges.map(({ from, to, by }) => <Edge key={`${from} ${to}`} from={byState.get(from)} to={byState.get(to)} by={by} />)}
        {chartNodes.map((node) => {
          const ms = times.spentIn(node.state, at);
          return <Node key={node.state} node={node} ms={ms} share={ms / longest} isCurrent={node.state === times.state} wasThere={times.visitsTo(node.state) > 0} />;
        })}
      </svg>
      <figcaption>
        <dl class={css.sums}>
          {(['agent', 'operator', 'paused'] as const).map((control) => (
            <div key={control} data-control={control}><dt>{{ agent: 'Agent in control', operator: 'A person in control', paused: 'Paused' }[control]}</dt><dd>{clockText(times.controlledBy(control, at))}</dd></div>
          ))}
        </dl>
        <ul class="unseen">{chartNodes.filter(({ state }) => times.visitsTo(state) > 0).map(({ state, label }) => <li key={state}>{label}: {duration(times.spentIn(state, at))}</li>)}</ul>
      </figcaption>
    </figure>
  );
}

type NodeProps = { readonly node: ChartNode; readonly ms: number; readonly share: number; readonly isCurrent: boolean; readonly wasThere: boolean };

function Node({ node: { state, label, kind, x, y }, ms, share, isCurrent, wasThere }: NodeProps) {
  const left = x - nodeWidth / 2;
  const top = y - nodeHeight / 2;
  return (
    <g class={css.node} data-state={state} data-kind={kind} data-current={isCurrent || undefined} data-visited={wasThere || undefined}>
      <rect class={css.box} x={left} y={top} width={nodeWidth} height={nodeHeight} rx={kind === 'end' ? nodeHeight / 2 : 5} />
      {ms > 0 && <rect class={css.share} x={left + 6} y={y + nodeHeight / 2 - 4} width={Math.max(1, (nodeWidth - 12) * share)} height={2} />}
      <text class={css.label} x={x} y={wasThere && kind !== 'end' ? y - 2 : y + 4} text-anchor="middle">{label}</text>
      {wasThere && kind !== 'end' && <text class={css.time} x={x} y={y + 10} text-anchor="middle">{ms < 1000 ? duration(ms) : duration(Math.floor(ms / 100) * 100)}</text>}
    </g>
  );
}

/** A line from side to side of two boxes, the shortest way, or through the points that are given. */
function Edge({ from, to, by = [] }: { readonly from: ChartNode | undefined; readonly to: ChartNode | undefined; readonly by?: ChartEdge['by'] }) {
  if (from === undefined || to === undefined) return null;
  if (from.x === to.x && by.length > 0) return <path class={css.edge} d={`M${from.x + nodeWidth / 2} ${from.y}Q${by[0]?.join(' ')} ${to.x + nodeWidth / 2} ${to.y}`} />;
  if (from.x === to.x) {
    const down = Math.sign(to.y - from.y) * (nodeHeight / 2);
    return <line class={css.edge} x1={from.x} y1={from.y + down} x2={to.x} y2={to.y - down} />;
  }
  const side = Math.sign(to.x - from.x) * (nodeWidth / 2);
  const start = from.x + side;
  const end = to.x - side;
  const middle = (start + end) / 2;
  if (by.length > 0) return <polyline class={css.edge} points={[[start, from.y], ...by, [end, to.y]].map((spot) => spot.join(',')).join(' ')} />;
  return <path class={css.edge} d={`M${start} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${end} ${to.y}`} />;
}
